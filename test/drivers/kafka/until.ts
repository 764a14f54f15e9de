import { setTimeout as delay } from 'node:timers/promises';

/** Asks again and again until the answer is true (or not empty); fails after `ms` saying what was waited for. */
export async function until<T>(what: string, ask: () => Promise<T> | T, ms = 20_000): Promise<T> {
  const end = performance.now() + ms;
  let last: unknown = 'it was not so';
  while (performance.now() < end) {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = 'it was not so';
    } catch (error) {
      last = error;
    }
    await delay(20);
  }
  throw new Error(`waited ${ms} ms until ${what}: ${String(last)}`, { cause: last });
}
