import { z } from 'zod';
import { hostField, portField } from './clients/fields.js';
import { hostPort } from './clients/server-url.js';
import { defineCheck } from './define-check.js';
import { stopwatch, up } from './outcomes.js';

export default defineCheck({
  type: 'tcp',
  describe: 'Opens a TCP connection and closes it.',
  schema: z.object({ host: hostField(), port: portField() }),
  target: ({ host, port }) => hostPort(host, port),
  run: async ({ host, port }, { net, signal }) => {
    const elapsed = stopwatch();
    const socket = await net.connect({ host, port, signal });
    const latency = elapsed();
    socket.destroy();
    return up(`Port ${port} is open.`, latency);
  },
});
