import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ISocketFactory } from 'kafkajs';
import { limitBytes } from '../clients/byte-limit.js';
import { guardFrames, KAFKA } from '../clients/frame-guard.js';
import { LaterSocket } from '../clients/later-socket.js';
import { observerTrouble } from '../outcome-of-error.js';
import type { TargetNet } from '../targets/target-net.js';

/** Sockets for kafkajs, also to brokers that metadata names: each passes the target policy. */
export interface KafkaSockets {
  factory: ISocketFactory;
  destroy(): void;
  /** Why the observer could not ask, where that was it: kafkajs keeps of it the words alone. */
  trouble(): Error | undefined;
}

export function kafkaSockets(net: TargetNet, signal: AbortSignal): KafkaSockets {
  const open = new Set<Duplex>();
  let over = false;
  let trouble: Error | undefined;
  return {
    factory: ({ host, port, ssl, onConnect }) => {
      const way = { host, port, signal };
      const dialled: Promise<Socket> = over
        ? Promise.reject(new Error('the check is over'))
        : ssl
          ? net.connectTls(way)
          : net.connect(way);
      dialled.then(
        (socket: Socket) => {
          guardFrames(socket, KAFKA);
          socket.once('close', limitBytes(socket));
        },
        (error: Error) => {
          if (observerTrouble(error) !== null) trouble ??= error;
        },
      );
      const socket = new LaterSocket(dialled);
      open.add(socket);
      socket.once('connect', onConnect).once('close', () => open.delete(socket));
      return socket as never; // all of a socket that kafkajs uses
    },
    trouble: () => trouble,
    destroy: () => {
      over = true;
      for (const socket of open) socket.destroy(new Error('the check is over'));
    },
  };
}
