import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { connect, type ChannelModel, type ConfirmChannel, type SocketOptions } from 'amqplib';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import {
  describeWithServers,
  SERVER_START_MS,
  startedRabbitmq,
  startPrivateRabbitmq,
  startRabbitmqBehindToxiproxy,
  type ProxiedRabbitmq,
  type RabbitmqServer,
} from './index.js';

const QUORUM = { durable: true, arguments: { 'x-queue-type': 'quorum' } };

/** Connects, and closes what it opened, whatever becomes of `use`. */
async function withChannel<T>(
  url: string,
  use: (channel: ConfirmChannel, connection: ChannelModel) => Promise<T>,
  options: SocketOptions = {},
): Promise<T> {
  const connection = await connect(url, { timeout: 10_000, ...options });
  connection.on('error', () => undefined); // a broker that is killed
  try {
    return await use(await connection.createConfirmChannel(), connection);
  } finally {
    await connection.close().catch(() => undefined);
  }
}

/** Resolves when the broker has it. */
async function publish(url: string, queue: string, text: string, options?: SocketOptions): Promise<void> {
  const send = async (channel: ConfirmChannel): Promise<void> => {
    await channel.assertQueue(queue, QUORUM);
    channel.sendToQueue(queue, Buffer.from(text), { persistent: true });
    await channel.waitForConfirms();
  };
  await withChannel(url, send, options);
}

async function take(url: string, queue: string): Promise<string | undefined> {
  return withChannel(url, async (channel) => {
    const message = await channel.get(queue, { noAck: true });
    return message ? message.content.toString() : undefined;
  });
}

describeWithServers(['rabbitmq'], 'startedRabbitmq', () => {
  it(
    'takes messages, and is the same each time',
    async () => {
      const { url } = await startedRabbitmq();
      const queue = `spec-${randomUUID()}`;
      await publish(url, queue, 'x');
      expect(await take(url, queue)).toBe('x');
      await withChannel(url, (channel) => channel.deleteQueue(queue));
      expect((await startedRabbitmq()).url).toBe(url);
    },
    SERVER_START_MS,
  );
});

describeWithServers(['rabbitmq-private'], 'startPrivateRabbitmq', () => {
  let broker: RabbitmqServer;
  beforeAll(async () => {
    broker = await startPrivateRabbitmq({ tls: true, config: { heartbeat: '7' } });
  }, SERVER_START_MS);
  afterAll(() => broker?.release());

  it.each(['kill', 'stop'] as const)(
    'keeps a quorum queue and its persistent message over %s and start',
    async (end) => {
      await publish(broker.url, end, `before ${end}`);
      await broker[end]();
      // The kernel may still have taken the connection when the process died.
      await expect(connect(broker.url)).rejects.toThrow(/ECONNREFUSED|ECONNRESET/);
      await broker.start();
      expect(await take(broker.url, end)).toBe(`before ${end}`);
    },
    SERVER_START_MS,
  );

  it('talks TLS, with a certificate that only its own CA vouches for', async () => {
    const ca = [await readFile(broker.caFile!)];
    await publish(broker.tlsUrl!, 'tls', 'sealed', { ca });
    expect(await take(broker.url, 'tls')).toBe('sealed');
    await expect(publish(broker.tlsUrl!, 'tls', 'no')).rejects.toThrow('certificate');
  });

  it('hangs while paused, and goes on', async () => {
    await broker.pause();
    await expect(connect(broker.url, { timeout: 500 })).rejects.toThrow('ETIMEDOUT');
    await broker.resume();
    await publish(broker.url, 'resumed', 'x');
  });

  it('runs rabbitmqctl', async () => {
    await publish(broker.url, 'seen', 'x');
    expect(await broker.ctl(['-q', 'list_queues', 'name', 'type'])).toMatch(/^seen\s+quorum$/m);
    expect(await broker.ctl(['eval', 'application:get_env(rabbit, heartbeat).'])).toContain('{ok,7}');
    await expect(broker.ctl(['no_such_command'])).rejects.toThrow('no_such_command');
  });

  it('holds publishers up while an alarm is on', async () => {
    await withChannel(broker.url, async (channel, connection) => {
      await broker.ctl(['set_disk_free_limit', '1000GB']);
      const blocked = once(connection, 'blocked');
      channel.sendToQueue('alarm', Buffer.from('x'));
      await blocked;
      const unblocked = once(connection, 'unblocked');
      await broker.ctl(['set_disk_free_limit', '1MB']);
      await unblocked;
    });
  });
});

describeWithServers(['rabbitmq-private'], 'startPrivateRabbitmq with a user of its own', () => {
  it(
    'lets in that one only, and frees its port when released',
    async () => {
      const broker = await startPrivateRabbitmq({ user: { name: 'wren', password: 'p@ss/word' } });
      try {
        await publish(broker.url, 'own', 'x');
        const guest = `amqp://guest:guest@127.0.0.1:${broker.port}`;
        await expect(connect(guest)).rejects.toThrow('ACCESS_REFUSED');
      } finally {
        await broker.release();
      }
      // The kernel may still have taken the connection when the process died.
      await expect(connect(broker.url)).rejects.toThrow(/ECONNREFUSED|ECONNRESET/);
    },
    SERVER_START_MS,
  );
});

describeWithServers(['rabbitmq', 'toxiproxy'], 'startRabbitmqBehindToxiproxy', () => {
  let broker: ProxiedRabbitmq;
  beforeAll(async () => {
    broker = await startRabbitmqBehindToxiproxy();
  }, SERVER_START_MS);
  afterAll(() => broker?.release());

  it('cuts connections, refuses new ones, and heals', async () => {
    const connection = await connect(broker.url);
    connection.on('error', () => undefined);
    const closed = new Promise((resolve) => connection.once('close', resolve)); // "once" of events rejects on 'error'
    await broker.proxy.disable();
    await closed;
    await expect(connect(broker.url)).rejects.toThrow();
    await withChannel(broker.directUrl, () => Promise.resolve());
    await broker.proxy.reset();
    await withChannel(broker.url, () => Promise.resolve());
  });
});
