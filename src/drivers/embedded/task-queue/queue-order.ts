/** The queues in the order in which they are to be asked now: by weight, or each sooner the heavier it is, by chance. */
export type QueueOrder = () => readonly string[];

/** Weights are 1 or more; `random` as Math.random. */
export function queueOrder(
  weights: Readonly<Record<string, number>>,
  strict: boolean,
  random: () => number = Math.random,
): QueueOrder {
  const queues = Object.entries(weights).sort(([, a], [, b]) => b - a);
  const names = queues.map(([name]) => name);
  if (strict || names.length < 2) return () => names;
  // The first of exponential draws with the weights as rates is a weighted choice, and so is each that follows.
  // Source: P. Efraimidis, P. Spirakis, "Weighted random sampling with a reservoir", 2006.
  return () =>
    queues
      .map(([name, weight]) => ({ name, draw: -Math.log(1 - random()) / weight }))
      .sort((a, b) => a.draw - b.draw)
      .map(({ name }) => name);
}
