/** What `work` comes to, or a rejection with `late()` when it takes longer than `ms`; the work itself goes on. */
export async function withDeadline<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  return Promise.race([work, deadline]).finally(() => clearTimeout(timer));
}

/** True when `task` was over, however it ended, before `deadline` (monotonic, milliseconds). */
export function isOverBy(task: Promise<unknown>, deadline: number): Promise<boolean> {
  const over = task.then(
    () => true,
    () => true,
  );
  const ms = Math.max(0, deadline - performance.now());
  return withDeadline(over, ms, () => new Error('late')).catch(() => false);
}
