import { crc32 } from 'node:zlib';
import { ProducerSlot, type SlotContext } from './producer-slot.js';

/** A fixed number of producers, shared by all: each partition keeps to one slot. */
export class ProducerPool {
  private readonly slots: ProducerSlot[];

  constructor(size: number, context: SlotContext) {
    this.slots = Array.from({ length: size }, () => new ProducerSlot(context));
  }

  start(): void {
    for (const slot of this.slots) slot.start();
  }

  /** Neighbouring partitions of a topic get neighbouring slots, so that its load is spread. */
  slotOf(topic: string, partition: number): ProducerSlot {
    return this.slots[(crc32(topic) + partition) % this.slots.length] as ProducerSlot;
  }

  async close(): Promise<void> {
    await Promise.all(this.slots.map((slot) => slot.close()));
  }

  /** Ends what `close` still waits for. */
  drop(): void {
    for (const slot of this.slots) slot.drop();
  }
}
