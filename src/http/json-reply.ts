import type { FastifyReply } from 'fastify';

/** JSON text as the body of an answer, written as it is. */
export function jsonReply(reply: FastifyReply, status: number, text: string, replayed = false): string {
  void reply.status(status).header('content-type', 'application/json; charset=utf-8');
  if (replayed) void reply.header('idempotency-replayed', 'true');
  return text;
}
