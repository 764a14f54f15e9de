import type { Socket } from 'node:net';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { undici } from './http-client.js';

export interface HttpProbe {
  url: URL;
  method: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: string | null;
  /** The connection, TLS and all: it is used for this one request. */
  connect: () => Promise<Socket>;
  /** The only end that it has: what is not over then is broken off, and rejects. */
  signal: AbortSignal;
  /** Of the decoded body; more is not read. */
  maxBodyBytes: number;
  /** The body is read to its end, or so far, neither decoded nor kept. */
  dropsBody?: boolean;
}

export interface HttpProbeAnswer {
  status: number;
  /** Lower-case names; those that came several times joined with `, `. */
  headers: Readonly<Record<string, string>>;
  body: Buffer;
  /** False: it was longer. */
  isWhole: boolean;
  /** From the call to the status, milliseconds. */
  latencyMs: number;
}

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  br: createBrotliDecompress,
  deflate: createInflate,
} as const;

/** What may be sent as `accept-encoding`. */
export const READABLE_ENCODINGS = 'gzip, br';

/**
 * One request over a fresh connection, with what the other end says: for a look at it, not for a message to it. Nothing
 * is kept open, no proxy is asked, redirects are answers.
 * @throws the errors of `connect`, of undici and of zlib; the signal's reason
 */
export async function httpProbe(probe: HttpProbe): Promise<HttpProbeAnswer> {
  const { url, method, headers, body, signal, maxBodyBytes } = probe;
  const begun = performance.now();
  const { Client } = undici();
  const client = new Client(url.origin, {
    connect: (_options, callback) => {
      probe.connect().then(
        (socket) => callback(null, socket),
        (error: Error) => callback(error, null),
      );
    },
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  try {
    const path = `${url.pathname}${url.search}`;
    const request = { path, method: method as 'GET', headers, body, signal, reset: true };
    const { statusCode: status, headers: raw, body: stream } = await client.request(request);
    const latencyMs = Math.round((performance.now() - begun) * 10) / 10;
    const read = joined(raw);
    const isBare = method === 'HEAD' || status === 204 || status === 304 || read['content-length'] === '0';
    if (isBare) return { status, headers: read, body: Buffer.alloc(0), isWhole: true, latencyMs };
    if (probe.dropsBody) {
      const isWhole = await drained(stream, maxBodyBytes);
      return { status, headers: read, body: Buffer.alloc(0), isWhole, latencyMs };
    }
    return { status, headers: read, ...(await readUpTo(decoded(stream, read), maxBodyBytes)), latencyMs };
  } finally {
    void client.destroy();
  }
}

function joined(raw: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(raw).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
  );
}

/** Source: RFC 9110, 8.4. The last encoding was put on last. */
function decoded(stream: Readable, headers: Readonly<Record<string, string>>): Readable {
  const names = (headers['content-encoding'] ?? '').toLowerCase().split(',');
  const encodings = names.map((name) => name.trim()).filter((name) => name !== '' && name !== 'identity');
  let last = stream;
  for (const name of encodings.slice(0, 3).reverse()) {
    if (!Object.hasOwn(DECODERS, name))
      throw new Error(`the body is encoded as ${name}, which is not read here`);
    last = pipeline(last, DECODERS[name as keyof typeof DECODERS](), () => undefined);
  }
  return last;
}

async function drained(stream: Readable, most: number): Promise<boolean> {
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) return false;
  }
  return true;
}

async function readUpTo(stream: Readable, most: number): Promise<{ body: Buffer; isWhole: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, most - length));
    length += chunk.length;
    if (length > most) return { body: Buffer.concat(chunks), isWhole: false };
  }
  return { body: Buffer.concat(chunks), isWhole: true };
}
