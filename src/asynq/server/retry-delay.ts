/**
 * Milliseconds before the next attempt; `failures` counts the one that just failed, from 1 on.
 * Source: github.com/hibiken/asynq v0.26.0, which has it from Sidekiq: n^4 + 15 + rand(30) * (n + 1) seconds after n
 * failures before this one.
 */
export function defaultRetryDelayMs(failures: number, random = Math.random): number {
  const before = failures - 1;
  return (before ** 4 + 15 + Math.floor(random() * 30) * (before + 1)) * 1000;
}
