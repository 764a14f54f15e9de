import { describe, expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import type { ConnectedProducer } from './connect-producer.js';
import { ProducerSlot, type ReplaceReason } from './producer-slot.js';
import { Reachability } from './reachability.js';

/** A slot whose producers connect when `connect` is called, on a clock whose sleeps end at once. */
function made() {
  const ending = new AbortController();
  const replaced: ReplaceReason[] = [];
  const slept: number[] = [];
  const disconnected: number[] = [];
  const pending: ((error?: Error) => void)[] = [];
  let now = 0;
  let count = 0;
  const slot = new ProducerSlot({
    connect: () =>
      new Promise<ConnectedProducer>((resolve, reject) => {
        pending.push((error) => {
          if (error) return reject(error);
          const number = ++count;
          const disconnect = () => Promise.resolve(void disconnected.push(number));
          resolve({ producer: {} as never, disconnect, drop: () => undefined });
        });
      }),
    reachability: new Reachability(pino({ level: 'silent' })),
    onReplaced: (reason) => replaced.push(reason),
    signal: ending.signal,
    clock: {
      now: () => now,
      monotonic: () => now,
      sleep: (ms) => Promise.resolve(void slept.push(ms)),
    },
  });
  const connect = async (error?: Error) => {
    pending.shift()?.(error);
    await turn();
  };
  const pass = (ms: number) => void (now += ms);
  return { slot, connect, pass, ending, replaced, slept, disconnected, pending };
}

describe('ProducerSlot', () => {
  it('connects until it succeeds', async () => {
    const { slot, connect, slept } = made();
    slot.start();
    const waiting = slot.acquire(0, 't');
    expect(slot.ready(0)).toBeNull();
    for (let i = 0; i < 5; i += 1) await connect(new Error('away'));
    await connect();
    expect(await waiting).toBe(slot.ready(0));
    expect(slept.length).toBe(5);
    expect(slept.every((ms) => ms >= 50)).toBe(true);
  });

  it('replaces a producer once, however many give it up; others use it until the new one is there', async () => {
    const { slot, connect, pending, replaced } = made();
    slot.start();
    await connect();
    const old = slot.ready(0)!;
    for (let i = 0; i < 10; i += 1) slot.discard(old, 'ambiguous');
    expect(pending.length).toBe(1);
    expect(replaced).toEqual(['ambiguous']);
    expect(slot.ready(old.generation)).toBe(old);
    expect(slot.ready(old.generation + 1)).toBeNull();
    const next = slot.acquire(old.generation + 1, 't');
    await connect();
    expect((await next)?.generation).toBeGreaterThan(old.generation);
    slot.discard(old, 'ambiguous');
    expect(pending.length).toBe(0);
  });

  it('disconnects the old one when its last user has left', async () => {
    const { slot, connect, disconnected } = made();
    slot.start();
    await connect();
    const old = slot.ready(0)!;
    old.enter();
    old.enter();
    slot.discard(old, 'unwritten');
    await connect();
    old.leave();
    expect(disconnected).toEqual([]);
    old.leave();
    expect(disconnected).toEqual([1]);
  });

  it('slows down when one after the other fails at once, but not for records that Kafka refuses', async () => {
    const { slot, connect, pass, slept } = made();
    slot.start();
    await connect();
    const replace = async (reason: ReplaceReason) => {
      slot.discard(slot.ready(0)!, reason);
      await turn();
      await connect();
    };
    for (let i = 0; i < 20; i += 1) await replace('refused');
    expect(slept).toEqual([]);
    for (let i = 0; i < 20; i += 1) await replace('unwritten');
    expect(slept.length).toBeGreaterThan(15);
    expect(Math.max(...slept)).toBeLessThanOrEqual(2000);
    slept.length = 0;
    pass(60_000);
    await replace('unwritten');
    expect(slept).toEqual([]);
  });

  it('lets go of everybody at the end', async () => {
    const { slot, connect, ending, disconnected } = made();
    slot.start();
    await connect();
    const waiting = slot.acquire(99, 't');
    ending.abort();
    await slot.close();
    expect(await waiting).toBeNull();
    expect(disconnected).toEqual([1]);
  });
});
