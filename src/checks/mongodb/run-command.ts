import { isIP } from 'node:net';
import { closedAfter } from '../clients/closed-after.js';
import { guardedConnection } from './guarded-connection.js';

export interface CommandLimits {
  signal: AbortSignal;
  timeoutMs: number;
}

/** Runs one command at a URL whose host is a checked address; `name` is what its certificate must be for. */
export async function runCommand(
  url: string,
  name: string,
  command: Record<string, unknown>,
  { signal, timeoutMs }: CommandLimits,
): Promise<unknown> {
  const { MongoClient } = await import('mongodb');
  const guarded = { connectionType: await guardedConnection() } as object;
  const client = new MongoClient(url, {
    ...guarded,
    // It follows nobody to servers that a server names.
    directConnection: true,
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    socketTimeoutMS: timeoutMs,
    maxPoolSize: 1,
    retryReads: false,
    serverMonitoringMode: 'poll',
    appName: 'carillon',
    ...(isIP(name) === 0 && { servername: name }),
  });
  const close = (): void => void client.close(true).catch(() => undefined);
  return closedAfter(signal, close, async () => {
    const failure = failed(client);
    const answer = client.db().command({ ...command, maxTimeMS: Math.ceil(timeoutMs) });
    return Promise.race([answer, failure]).catch((error: unknown) => {
      throw isAnswer(error) ? new Error(error.message) : error;
    });
  });
}

/** The driver asks again until the time for choosing a server is over; the first refusal says it all. */
function failed(client: import('mongodb').MongoClient): Promise<never> {
  return new Promise((_, reject) => {
    client.on('serverHeartbeatFailed', ({ failure }) => reject(failure));
  });
}

/** Whatever a server answers becomes a field of the error, its `code` too: only its words are taken. */
function isAnswer(error: unknown): error is Error {
  return (error as { errorResponse?: unknown }).errorResponse !== undefined;
}
