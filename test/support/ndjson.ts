import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';

export interface OpenStream {
  sending: ClientRequest;
  answer: Promise<IncomingMessage>;
}

/** Opens POST /produce/stream; what is written to `sending` goes out at once. */
export function openStream(url: string, headers: Record<string, string> = {}): OpenStream {
  const sending = request(new URL('/produce/stream', url), {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...headers },
  });
  const answer = once(sending, 'response').then(([message]) => message as IncomingMessage);
  answer.catch(() => undefined);
  sending.on('error', () => undefined);
  return { sending, answer };
}

/** A result line. */
export type Line = Record<string, unknown> & { error?: { code: string } };

/** All lines of an answer, to its end. */
export async function lines(answer: IncomingMessage): Promise<Line[]> {
  const read: Line[] = [];
  for await (const line of createInterface({ input: answer })) read.push(JSON.parse(line) as Line);
  return read;
}
