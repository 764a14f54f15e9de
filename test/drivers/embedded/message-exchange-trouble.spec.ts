import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AppError } from '../../../src/core/errors.js';
import type { MessageExchange, Subscription } from '../../../src/ports/message-exchange.port.js';
import { DONE, Inbox, gate, message, retry } from '../../contracts/message-exchange.support.js';
import { driverContext } from '../../support/driver-context.js';
import { eventually } from '../../support/eventually.js';
import { openExchange } from './support/open.js';
import { smallDisk } from '../../support/small-disk.js';

const SUBSCRIPTION: Subscription = {
  exchange: 'e',
  queue: 'q',
  bindings: ['#'],
  prefetch: 20,
  retryDelaysMs: [50],
};

async function consume(exchange: MessageExchange, answer?: ConstructorParameters<typeof Inbox>[1]) {
  const inbox = new Inbox(20_000, answer);
  const consumer = exchange.consume(SUBSCRIPTION, inbox.handle);
  await eventually(() => expect(consumer.state).toBe('consuming'));
  return { inbox, consumer };
}

const codeOf = (publishing: Promise<void>) =>
  publishing.then(
    () => 'ok',
    (error: AppError) => error.code,
  );

describe('the death of the worker thread', () => {
  it('loses nothing: what it had is unknown, what it had not is published, verdicts are carried out later', async () => {
    const { exchange, database, close } = await openExchange(await driverContext());
    const { inbox } = await consume(exchange, (delivery) =>
      delivery.routingKey === 'twice' && delivery.progress.failures === 0 ? retry(delivery, 50) : DONE,
    );
    const codes: string[] = [];
    for (let death = 0; death < 5; death++) {
      const atWork = Array.from({ length: 60 }, (_, i) =>
        message('e', {
          body: Buffer.alloc(100_000),
          routingKey: i % 3 ? 'once' : 'twice',
          messageId: `${death}-${i}`,
        }),
      );
      const calls = atWork.map((one) => codeOf(exchange.publish(one)));
      await nextTurn();
      await database.crash();
      const after = Array.from({ length: 30 }, (_, i) =>
        codeOf(exchange.publish(message('e', { routingKey: 'once', messageId: `${death}-after-${i}` }))),
      );
      const known = await Promise.all(calls);
      expect(new Set(await Promise.all(after))).toEqual(new Set(['ok']));
      codes.push(...known);
      const expected = [
        ...known.flatMap((code, i) => (code === 'ok' ? [`${death}-${i}`] : [])),
        ...after.map((_, i) => `${death}-after-${i}`),
      ];
      await inbox.until(() => {
        const got = new Set(inbox.got.map(({ messageId }) => messageId));
        expect(expected.filter((id) => !got.has(id))).toEqual([]);
      });
    }
    // How many were confirmed before a death is a matter of the disk.
    expect(codes.filter((code) => code !== 'ok' && code !== 'OUTCOME_UNKNOWN')).toEqual([]);
    expect(codes).toContain('OUTCOME_UNKNOWN');
    await eventually(async () => expect(await database.ask('count', null)).toBe(0));
    // The verdicts outlived the thread: only a fetch whose answer was lost is repeated, and no handler saw that.
    const seen = inbox.got.map(({ messageId, progress }) => `${messageId}/${progress.failures}`);
    expect(new Set(seen).size).toBe(seen.length);
    expect(await close()).toBeNull();
  }, 60_000);

  it('shows in the state and in answers, and is over by itself', async () => {
    const { exchange, database, close } = await openExchange(await driverContext());
    const door = gate();
    const { inbox, consumer } = await consume(exchange, async () => {
      await door.opened;
      return DONE;
    });
    await exchange.publish(message('e'));
    await inbox.has(1);
    await database.crash();
    const UNAVAILABLE = { code: 'EXCHANGE_UNAVAILABLE', retryable: true };
    await expect(exchange.ping()).rejects.toMatchObject(UNAVAILABLE);
    await expect(consumer.deadLetters.list({ limit: 1, after: null })).rejects.toMatchObject(UNAVAILABLE);
    await expect(consumer.deadLetters.discard('1')).rejects.toMatchObject(UNAVAILABLE);
    door.open();
    await eventually(() => {
      expect(consumer.state).toBe('connecting');
      expect(consumer.trouble).toMatchObject(UNAVAILABLE);
    });
    await eventually(() => expect(consumer.state).toBe('consuming'));
    expect(consumer.trouble).toBeNull();
    await eventually(async () => expect(await database.ask('count', null)).toBe(0));
    expect(inbox.got).toHaveLength(1);
    expect(await close()).toBeNull();
  }, 30_000);
});

const disk = smallDisk('size=24m');

(disk ? describe : describe.skip)('a full disk', () => {
  afterAll(() => disk!.remove());

  it('refuses with STORAGE_FULL, loses no message and no verdict, and is over by itself', async () => {
    const context = { ...(await driverContext()), dataFolder: disk!.folder };
    const { exchange, database, close } = await openExchange(context);
    const door = gate();
    const { inbox, consumer } = await consume(exchange, async ({ routingKey }) => {
      if (routingKey === 'held') await door.opened;
      return DONE;
    });
    for (let i = 0; i < 5; i++) await exchange.publish(message('e', { routingKey: 'held' }));
    await inbox.has(5);
    consumer.pause();
    const filler = join(disk!.folder, 'filler');
    const { bavail, bsize } = statfsSync(disk!.folder);
    writeFileSync(filler, Buffer.alloc(bavail * bsize - 200_000));
    const published: string[] = [];
    const publish = async (id: string) => {
      const code = await codeOf(
        exchange.publish(message('e', { messageId: id, body: Buffer.alloc(100_000) })),
      );
      if (code === 'ok') published.push(id);
      return code;
    };
    let code = 'ok';
    for (let i = 0; i < 50 && code === 'ok'; i++) code = await publish(`before-${i}`);
    expect(code).toBe('STORAGE_FULL');
    // Small commits may find a place yet, until none is left.
    for (
      let i = 0;
      i < 500 && (await codeOf(exchange.publish(message('e', { routingKey: 'small' })))) === 'ok';
      i++
    );
    door.open();
    await expect(exchange.ping()).resolves.toBeUndefined();

    rmSync(filler);
    await eventually(async () => expect(await publish('after')).toBe('ok'));
    consumer.resume();
    await inbox.until(() => {
      const got = new Set(inbox.got.map(({ messageId }) => messageId));
      expect(published.filter((id) => !got.has(id))).toEqual([]);
    });
    await eventually(async () => expect(await database.ask('count', null)).toBe(0));
    await eventually(() => expect(consumer.state).toBe('consuming'));
    expect(inbox.keys.filter((key) => key === 'held')).toHaveLength(5);
    expect(await close()).toBeNull();
  }, 60_000);
});
