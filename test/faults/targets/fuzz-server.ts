import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { concat, type Conversation, type Script } from './script.js';

export interface FuzzServer {
  port: number;
  /** Connections that the client has not closed. */
  open(): number;
  close(): Promise<void>;
}

/** `conversationAt` gets the port, since some replies contain it. */
type ConversationAt = (port: number) => Conversation;

/** After a mutated reply the client may send fewer bytes than in the recording: the next reply waits no longer than this. */
export const MUTATED_WAIT_MS = 50;
const ENDLESS_BYTES = 65_536;

/** Listens at a port of its own and plays the conversation. `waitMs`: the longest wait for bytes of the client before a reply. */
export async function startFuzzServer(
  conversationAt: ConversationAt,
  waitMs = MUTATED_WAIT_MS,
): Promise<FuzzServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    const script = conversation[Math.min(connections, conversation.length - 1)]!;
    connections += 1;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    new Player(socket, script, waitMs).start();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const conversation = conversationAt(port);
  return {
    port,
    open: () => sockets.size,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Plays a script on one connection. */
class Player {
  private received = 0;
  private next = 0;
  private timer: NodeJS.Timeout | undefined;
  private isPlaying = false;
  private isOver = false;

  constructor(
    private readonly socket: Socket,
    private readonly script: Script,
    private readonly waitMs: number,
  ) {}

  start(): void {
    this.socket.on('data', (chunk) => {
      this.received += chunk.length;
      void this.play();
    });
    this.socket.on('close', () => clearTimeout(this.timer));
    void this.play();
  }

  /** Sends the replies that are due. `isForced`: the first of them is due although the client has not sent enough. */
  private async play(isForced = false): Promise<void> {
    if (this.isPlaying) return;
    this.isPlaying = true;
    clearTimeout(this.timer);
    const { replies } = this.script;
    for (let force = isForced; this.next < replies.length; force = false) {
      const { after, bytes } = replies[this.next]!;
      if (after > this.received && !force) break;
      this.next += 1;
      await this.send(bytes);
    }
    this.isPlaying = false;
    if (this.socket.destroyed) return;
    if (this.next >= replies.length) await this.end();
    else if (this.waitMs < Infinity) this.timer = setTimeout(() => void this.play(true), this.waitMs);
  }

  private async end(): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    const { end, replies } = this.script;
    if (end === 'fin') this.socket.end();
    else if (end === 'reset') this.socket.resetAndDestroy();
    else if (end === 'endless') {
      const last = replies.at(-1)?.bytes ?? Buffer.alloc(0);
      const chunk = Buffer.alloc(Math.max(ENDLESS_BYTES, last.length), last.length === 0 ? 0 : last);
      while (this.socket.writable) await this.write(chunk);
    }
  }

  private async send(bytes: Buffer): Promise<void> {
    const piece = this.script.piece || bytes.length;
    // Only the first bytes are sent in small pieces: a long reply would never arrive.
    const slow = this.script.piece === 0 ? 0 : Math.min(bytes.length, 60);
    for (let at = 0; at < slow && this.socket.writable; at += piece) {
      await this.write(bytes.subarray(at, Math.min(slow, at + piece)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (slow < bytes.length) await this.write(bytes.subarray(slow));
  }

  private async write(bytes: Buffer): Promise<void> {
    if (!this.socket.writable || bytes.length === 0) return;
    if (this.socket.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.socket.off('drain', done).off('close', done);
        resolve();
      };
      this.socket.on('drain', done).on('close', done);
    });
  }
}

/** The same over UDP: one datagram with the id of the query and all replies of the script. */
export async function startFuzzDnsServer(conversationAt: ConversationAt): Promise<FuzzServer> {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  socket.on('message', (query, { port, address }) => {
    const answer = concat(conversation[0]!.replies).subarray(0, 60_000);
    socket.send(Buffer.concat([query.subarray(0, 2), answer]), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  const conversation = conversationAt(port);
  const close = async () => {
    socket.close();
    await once(socket, 'close');
  };
  return { port, open: () => 0, close };
}
