import type { CheckContext } from '../define-check.js';

/** The next address may do better than one that answered so. */
const NOBODY_THERE = /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EADDRNOTAVAIL/;

/** For clients that take an address and connect by themselves: tries the allowed ones of a host, in order. */
export async function eachAddress<T>(
  { net, signal }: Pick<CheckContext, 'net' | 'signal'>,
  host: string,
  attempt: (address: string, family: 4 | 6) => Promise<T>,
): Promise<T> {
  const addresses = await net.resolve(host, signal);
  let failure: Error | undefined;
  for (const { address, family } of addresses) {
    signal.throwIfAborted();
    try {
      return await attempt(address, family);
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException;
      failure ??= error as Error;
      if (!NOBODY_THERE.test(`${code} ${message}`)) throw error;
    }
  }
  throw failure ?? new Error(`${host} has no address`);
}
