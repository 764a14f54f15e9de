import { isIP } from 'node:net';
import { eachAddress } from '../clients/each-address.js';
import { hostPort, type ServerUrl } from '../clients/server-url.js';
import type { CheckContext, CheckOutcome } from '../define-check.js';
import { down, stopwatch, up } from '../outcomes.js';
import type { Login } from './ask-management.js';

const FAREWELL_MS = 1_000;

/** Opens a connection to the vhost over AMQP, and closes it. */
export async function logIn(url: ServerUrl, login: Login, context: CheckContext): Promise<CheckOutcome> {
  const elapsed = stopwatch();
  try {
    await eachAddress(context, url.host, (address) => open(address, url, login, context));
    return up('The login is accepted.', elapsed());
  } catch (error) {
    const { message = '' } = error as Error;
    if (/ACCESS.REFUSED/.test(message)) return down(`${hostPort(url.host, url.port)} refuses the login.`);
    if (/ConnectionOpenOk/.test(message)) return down(`The user may not use the vhost ${url.path || '/'}.`);
    throw error;
  }
}

async function open(
  address: string,
  { scheme, host, port, user, password, path }: ServerUrl,
  login: Login,
  { signal }: CheckContext,
): Promise<void> {
  const { connect } = await import('amqplib');
  // Given a signal that is aborted already, Node connects nevertheless, and nothing would close the connection.
  signal.throwIfAborted();
  const cut = new AbortController();
  const model = await connect(
    {
      protocol: scheme,
      hostname: address,
      port,
      username: user || login.username,
      password: password || login.password,
      vhost: encodeURIComponent(path || '/'), // amqplib decodes it
      heartbeat: 0,
    },
    {
      // Node's: it destroys the socket.
      ...({ signal: AbortSignal.any([signal, cut.signal]) } as object),
      ...(isIP(host) === 0 && { servername: host }),
      clientProperties: { connection_name: 'carillon check' },
    },
  );
  model.on('error', () => undefined); // it is closed anyway
  // A broker that does not answer the farewell gets no more time.
  const timer = setTimeout(() => cut.abort(), FAREWELL_MS);
  model.on('close', () => clearTimeout(timer));
  model.close().catch(() => undefined);
}
