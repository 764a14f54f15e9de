import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * A stream for clients that want their socket at once, over one that is still being dialled. What is written meanwhile
 * waits. Destroying it destroys the socket, now or when it comes.
 */
export class LaterSocket extends Duplex {
  private socket: Socket | undefined;

  constructor(private readonly dialled: Promise<Socket>) {
    super({ allowHalfOpen: false });
    dialled.then(
      (socket) => this.attach(socket),
      (error: Error) => this.destroy(error),
    );
  }

  override _read(): void {
    this.socket?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // A failed dial destroys this stream, which tells the writer.
    this.dialled.then(
      (socket) => socket.write(chunk, done),
      () => undefined,
    );
  }

  override _final(done: () => void): void {
    this.dialled.then((socket) => socket.end(done), done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.dialled.then(
      (socket) => socket.destroy(),
      () => undefined,
    );
    done(error);
  }

  /** Deadlines are the check's. */
  setTimeout(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  private attach(socket: Socket): void {
    if (this.destroyed) return void socket.destroy();
    this.socket = socket;
    socket.on('data', (chunk) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
    this.emit('connect');
  }
}
