import { request } from 'node:http';
import { closedAfter } from '../clients/closed-after.js';
import { hostPort, type ServerUrl } from '../clients/server-url.js';
import type { CheckContext, CheckOutcome } from '../define-check.js';
import { down, excerpt, stopwatch, up } from '../outcomes.js';

const MOST_BYTES = 65_536;

export interface Login {
  username: string;
  password: string;
}

/** `GET /api/health/checks/alarms`: 200 without an alarm, 503 with one. Source: RabbitMQ, Management HTTP API. */
export async function askManagement(
  { scheme, host, port, path }: ServerUrl,
  { username, password }: Login,
  { net, signal }: CheckContext,
): Promise<CheckOutcome> {
  const elapsed = stopwatch();
  const way = { host, port, signal };
  const socket = await (scheme === 'https' ? net.connectTls(way) : net.connect(way));
  return closedAfter(
    signal,
    () => socket.destroy(),
    async () => {
      const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
        const asking = request({
          createConnection: () => socket, // and no agent, which would open one of its own
          path: `/${path === '' ? '' : `${path.replace(/\/$/, '')}/`}api/health/checks/alarms`,
          headers: { host: hostPort(host, port), accept: 'application/json' },
          auth: `${username}:${password}`,
        });
        asking.on('error', reject);
        asking.on('response', (response) => {
          let text = '';
          response.setEncoding('utf8').on('error', reject);
          response.on('data', (part: string) => {
            text += part.slice(0, MOST_BYTES - text.length);
          });
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        });
        asking.end();
      });
      if (status === 200) return up('No alarm is on.', elapsed());
      return down(refusal(hostPort(host, port), status, text), elapsed());
    },
  );
}

function refusal(place: string, status: number, text: string): string {
  if (status === 401) return `${place} refuses the login.`;
  if (status === 503) return `${place} has an alarm: ${excerpt(reasonIn(text))}`;
  return `${place} answered ${status}.`;
}

function reasonIn(text: string): string {
  try {
    const { reason } = JSON.parse(text) as { reason?: unknown };
    return typeof reason === 'string' ? reason : 'it does not say which';
  } catch {
    return 'it does not say which';
  }
}
