import { Socket } from 'node:net';

const MOST_KEPT = 20_000;

/**
 * From now on no socket of this process connects to an address that was not allowed by the function that this answers:
 * also not one that a client library opens by itself, because of what a server told it.
 */
export function guardConnections(): (address: string) => void {
  const allowed = new Set<string>();
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its socket below
  const connect = Socket.prototype.connect as (this: Socket, ...given: unknown[]) => Socket;
  Socket.prototype.connect = function (this: Socket, ...given: unknown[]) {
    const address = addressIn(given);
    if (address !== null && allowed.has(address)) return connect.apply(this, given);
    const where = address ?? 'a local socket';
    const error = new Error(
      `a connection to ${where} was refused: this process may connect to resolved targets only`,
    );
    return this.destroy(Object.assign(error, { code: 'ERR_CARILLON_ADDRESS' }));
  };
  return (address) => {
    allowed.delete(address);
    if (allowed.size >= MOST_KEPT) allowed.delete(allowed.values().next().value!);
    allowed.add(address);
  };
}

/** Of the forms that Node takes: `(options)`, `([options, callback])`, `(port, host)`, `(path)`; null for a path. */
function addressIn([first, second]: unknown[]): string | null {
  const options: unknown = Array.isArray(first) ? first[0] : first;
  if (typeof options === 'object' && options !== null) {
    const { host = 'localhost', path } = options as { host?: string; path?: string };
    return path === undefined || path === null ? host : null;
  }
  if (typeof options === 'string' && !/^\d+$/.test(options)) return null;
  return typeof second === 'string' ? second : 'localhost';
}
