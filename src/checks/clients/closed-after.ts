/**
 * What `work` comes to. `close` lets go of everything it holds: called once, when it is over or at abort, whichever is
 * first; it neither waits nor throws.
 */
export async function closedAfter<T>(
  signal: AbortSignal,
  close: () => void,
  work: () => Promise<T>,
): Promise<T> {
  let closed = false;
  const once = (): void => {
    if (!closed) close();
    closed = true;
  };
  signal.addEventListener('abort', once, { once: true });
  try {
    signal.throwIfAborted();
    return await work();
  } finally {
    signal.removeEventListener('abort', once);
    once();
  }
}
