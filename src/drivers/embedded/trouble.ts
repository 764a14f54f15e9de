/**
 * Why a question to the worker has no answer:
 * - `down`: it was not asked, the worker is being started again;
 * - `died`: it was asked, and whether it was done is not known;
 * - `full`, `failed`: nothing of it was done.
 */
export class Trouble extends Error {
  constructor(
    readonly kind: 'down' | 'died' | 'full' | 'failed',
    message: string,
  ) {
    super(message);
    this.name = 'Trouble';
  }
}

/** `promise`, or what `late` makes once `ms` have passed. */
export async function within<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
