import type { Socket } from 'node:net';
import { limitBytes } from '../clients/byte-limit.js';
import { guardFrames, MONGODB } from '../clients/frame-guard.js';
import { iterationsMistake } from '../clients/scram-iterations.js';

interface DriverConnection {
  command(...given: unknown[]): Promise<unknown>;
}
type ConnectionClass = new (socket: Socket, options: object) => DriverConnection;

/** The driver does not export it: whatever `connectionType` names, it opens. */
const MODULE: string = 'mongodb/lib/cmap/connection.js';

/**
 * The driver's connection for servers that are not trusted: one that asks for too many iterations would hold up this
 * process (the driver counts them synchronously), one whose answer does not end would fill its memory.
 */
export async function guardedConnection(): Promise<ConnectionClass> {
  const { Connection } = (await import(MODULE)) as { Connection: ConnectionClass };
  return class extends Connection {
    constructor(socket: Socket, options: object) {
      guardFrames(socket, MONGODB);
      super(socket, options);
      socket.once('close', limitBytes(socket));
    }

    override async command(...given: unknown[]): Promise<unknown> {
      const answer = (await super.command(...given)) as Answer | null;
      for (const part of [answer?.payload, answer?.speculativeAuthenticate?.payload]) {
        const mistake = iterationsMistake(textOf(part));
        if (mistake) throw new Error(mistake);
      }
      return answer;
    }
  };
}

interface Answer {
  payload?: unknown;
  speculativeAuthenticate?: { payload?: unknown };
}

/** Of the driver's Binary, or a Buffer. */
function textOf(part: unknown): string {
  return part instanceof Object ? (part as Buffer).toString() : '';
}
