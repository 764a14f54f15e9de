import { z } from 'zod';
import { hostField, pemField, portField } from './clients/fields.js';
import { hostPort } from './clients/server-url.js';
import { defineCheck } from './define-check.js';
import { down, stopwatch, up } from './outcomes.js';

const DAY_MS = 86_400_000;

export default defineCheck({
  type: 'tls',
  describe:
    'Shakes hands over TLS. A certificate that is not valid, or has fewer days left than asked for, is down.',
  schema: z.object({
    host: hostField(),
    port: portField().default(443),
    servername: hostField('The name that the certificate must be for. Default: the host.').optional(),
    min_days_left: z
      .int()
      .min(0)
      .max(3_650)
      .default(7)
      .describe('Days before its end from which on the certificate is down.'),
    ca: pemField('Authorities to trust instead of the usual ones'),
  }),
  target: ({ host, port }) => hostPort(host, port),
  run: async ({ host, port, servername, min_days_left: least, ca }, context) => {
    const { net, signal } = context;
    const elapsed = stopwatch();
    const socket = await net.connectTls({ host, port, signal }, { servername, ...(ca && { ca }) });
    const latency = elapsed();
    const until = Date.parse(socket.getPeerCertificate().valid_to);
    socket.destroy();
    const days = Math.floor((until - context.now()) / DAY_MS);
    const words = `The certificate is valid until ${new Date(until).toISOString().slice(0, 10)}, ${days} days.`;
    return days < least ? down(words, latency) : up(words, latency);
  },
});
