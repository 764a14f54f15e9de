import type { Serializable } from 'node:child_process';

interface Channel {
  connected: boolean;
  send?(message: Serializable, handle: undefined, options: undefined, done: () => void): boolean;
}

/** Sends the messages of one turn of the event loop together. What cannot be sent any more is dropped. */
export class Outbox<M> {
  private waiting: M[] = [];

  constructor(private readonly channel: Channel) {}

  send(message: M): void {
    if (this.waiting.push(message) === 1) setImmediate(this.flush);
  }

  private readonly flush = (): void => {
    const messages = this.waiting;
    this.waiting = [];
    // The callback takes the error of a channel that closes at this moment; its end is told by an event of its own.
    if (this.channel.connected) this.channel.send?.(messages, undefined, undefined, () => undefined);
  };
}
