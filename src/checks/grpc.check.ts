import { z } from 'zod';
import { hostField, ignoreTls, pemField, portField } from './clients/fields.js';
import { hostPort } from './clients/server-url.js';
import { defineCheck } from './define-check.js';
import { callUnary } from './grpc/call-unary.js';
import { HEALTH_CHECK, healthRequest, servingStatus } from './grpc/health.js';
import { down, stopwatch, up } from './outcomes.js';

export default defineCheck({
  type: 'grpc',
  describe: 'Asks the standard health service of gRPC (grpc.health.v1.Health/Check).',
  isolated: () => true,
  schema: z.object({
    host: hostField(),
    port: portField(),
    service: z
      .string()
      .max(1_000)
      .default('')
      .describe('The service to ask about. Default: the whole server.'),
    tls: z.boolean().default(false).describe('Whether to use TLS.'),
    ignoreTls,
    ca: pemField('With tls: authorities to trust instead of the usual ones'),
  }),
  target: ({ host, port }) => hostPort(host, port),
  run: async ({ host, port, service, tls, ignoreTls: anyCertificate, ca }, context) => {
    const elapsed = stopwatch();
    const answer = await callUnary(
      { host, port, tls: tls && { ca, rejectUnauthorized: !anyCertificate } },
      { path: HEALTH_CHECK, request: healthRequest(service) },
      context,
    );
    const status = servingStatus(answer);
    const about = service === '' ? 'The server' : `The service ${service}`;
    return (status === 'SERVING' ? up : down)(`${about} says ${status}.`, elapsed());
  },
});
