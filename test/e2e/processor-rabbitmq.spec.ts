import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { get, post } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { outputFiles, outputTexts } from '../support/output-folder.js';
import { Publisher, withChannel } from '../support/publisher.js';
import { counter, processorEnvironment, ready, startProcessor } from '../support/rabbit-processor.js';
import { startProcess } from '../support/process.js';
import { describeWithServers, SERVER_START_MS, startedRabbitmq } from '../support/servers/index.js';

const numbered = (count: number, ids = true) =>
  Array.from({ length: count }, (_, n) => ({
    routingKey: `expense.${['created', 'updated', 'deleted'][n % 3]}`,
    body: JSON.stringify({ action: 'created', entity: 'expense', data: { id: n }, timestamp: 'x' }),
    messageId: ids ? `m-${n}` : undefined,
  }));
const numberOf = (text: string) => (JSON.parse(text) as { data: { id: number } }).data.id;
const sorted = (numbers: number[]) => [...numbers].sort((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describeWithServers(['rabbitmq'], 'the processor on RabbitMQ', () => {
  let url: string;
  beforeAll(async () => {
    ({ url } = await startedRabbitmq());
  }, SERVER_START_MS);

  it('does as its contract by default: a temporary queue, bound expense.*, and the log says what that means', async () => {
    const { RABBITMQ_QUEUE: _, ...env } = await processorEnvironment(url);
    const processor = await startProcessor(env);
    expect(processor.log.join('\n')).toContain(
      'by a temporary queue: what lies in it when this process or its connection ends is lost',
    );
    const publisher = new Publisher(url, env.RABBITMQ_EXCHANGE);
    await publisher.publish({
      routingKey: 'expense.deleted',
      body: '{"action":"deleted","entity":"expense","data":{"id":1.0},"timestamp":"t"}',
    });
    await eventually(async () => {
      const [name] = await outputFiles(env.OUTPUT_FOLDER);
      expect(name).toMatch(/^\d{8}_\d{6}_\d{6}_expense\.deleted\.json$/);
    });
    expect((await outputTexts(env.OUTPUT_FOLDER))[0]).toBe(
      '{\n  "action": "deleted",\n  "entity": "expense",\n  "data": {\n    "id": 1.0\n  },\n  "timestamp": "t"\n}',
    );
    await publisher.close();
    processor.child.kill('SIGTERM');
    expect(await processor.exited).toBe(0);
  });

  it('shares one durable queue between three replicas, which write to one folder', async () => {
    const env = await processorEnvironment(url);
    const replicas = await Promise.all([1, 2, 3].map(() => startProcessor(env)));
    const publisher = new Publisher(url, env.RABBITMQ_EXCHANGE);
    await publisher.publishAll(numbered(3000));
    await eventually(async () => expect((await outputFiles(env.OUTPUT_FOLDER)).length).toBe(3000), 30_000);
    const written = await Promise.all(
      replicas.map((replica) =>
        counter(replica.url, 'carillon_processor_sink_messages_total{sink="file",code="OK"}'),
      ),
    );
    expect(written.reduce((sum, count) => sum + count, 0)).toBe(3000);
    for (const count of written) expect(count).toBeGreaterThan(100);
    expect(sorted((await outputTexts(env.OUTPUT_FOLDER)).map(numberOf))).toEqual(upTo(3000));
    await publisher.close();
    for (const replica of replicas) replica.child.kill('SIGTERM');
    expect(await Promise.all(replicas.map(({ exited }) => exited))).toEqual([0, 0, 0]);
  }, 90_000);

  it('loses nothing of what is published while nobody runs', async () => {
    const env = await processorEnvironment(url);
    const first = await startProcessor(env);
    first.child.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    const publisher = new Publisher(url, env.RABBITMQ_EXCHANGE);
    await publisher.publishAll(numbered(50));
    await publisher.close();
    const second = await startProcessor(env);
    await eventually(async () => expect(await outputFiles(env.OUTPUT_FOLDER)).toHaveLength(50));
    second.child.kill('SIGTERM');
    expect(await second.exited).toBe(0);
  }, 60_000);

  it('puts poison aside, processes the good between, and sends letters again', async () => {
    const env = await processorEnvironment(url);
    const processor = await startProcessor(env);
    const publisher = new Publisher(url, env.RABBITMQ_EXCHANGE);
    const mixed = numbered(300).map((message, n) =>
      n % 10 === 5 ? { ...message, body: '{"secret": ' } : message,
    );
    await publisher.publishAll(mixed);
    const letters = `${processor.url}/processor/dead-letters`;
    await eventually(async () => expect((await get(letters)).body.total).toBe(30));
    await eventually(async () => expect(await outputFiles(env.OUTPUT_FOLDER)).toHaveLength(270));
    const [head] = (await get(letters)).body.dead_letters;
    expect(head).toMatchObject({ reason: { code: 'PAYLOAD_NOT_JSON' }, attempts: 1 });
    expect((await get(`${letters}/${head.id}`)).body.payload).toBe('{"secret": ');
    expect((await post(`${letters}/resend`, { dry_run: true })).body.ids).toHaveLength(30);
    expect((await post(`${letters}/resend`, {})).body).toMatchObject({ resent: 30, more: false });
    await eventually(async () => {
      const dead = 'carillon_processor_dead_lettered_total{code="PAYLOAD_NOT_JSON"}';
      expect(await counter(processor.url, dead)).toBe(60);
      expect((await get(letters)).body.total).toBe(30);
    });
    expect(processor.log.join('\n')).not.toContain('secret');
    await publisher.close();
    processor.child.kill('SIGTERM');
    expect(await processor.exited).toBe(0);
  }, 60_000);

  it('lives when the exchange has another type, says so, and goes on when it is mended', async () => {
    const env = await processorEnvironment(url);
    const name = env.RABBITMQ_EXCHANGE;
    await withChannel(url, (channel) => channel.assertExchange(name, 'fanout', { durable: true }));
    const processor = await startProcess(env);
    await eventually(async () => {
      const { status, body } = await get(`${processor.url}/health`);
      expect([status, body.troubles[0]?.code]).toEqual([503, 'TOPOLOGY_MISMATCH']);
      expect(body.troubles[0].message).toContain(name);
    });
    const published = await post(`${processor.url}/events/expense.created`, '{}');
    expect([published.status, published.body.code]).toEqual([503, 'TOPOLOGY_MISMATCH']);
    await withChannel(url, (channel) => channel.deleteExchange(name));
    await ready(processor.url);
    expect((await post(`${processor.url}/events/expense.created`, '{}')).status).toBe(200);
    processor.child.kill('SIGTERM');
    expect(await processor.exited).toBe(0);
  }, 90_000);

  it('finishes and acknowledges what is in hand on SIGTERM', async () => {
    const env = await processorEnvironment(url);
    const processor = await startProcessor(env);
    const publisher = new Publisher(url, env.RABBITMQ_EXCHANGE);
    const publishing = publisher.publishAll(numbered(4000));
    await eventually(async () => expect((await outputFiles(env.OUTPUT_FOLDER)).length).toBeGreaterThan(200));
    processor.child.kill('SIGTERM');
    expect(await processor.exited).toBe(0);
    await publishing;
    await publisher.close();
    const files = (await outputFiles(env.OUTPUT_FOLDER)).length;
    const waiting = await withChannel(url, (channel) => channel.checkQueue(env.RABBITMQ_QUEUE));
    // Every message is in exactly one place, so nothing was left unacknowledged.
    expect(files + waiting.messageCount).toBe(4000);
  }, 60_000);

  describe('100,000 messages', () => {
    let folder: string | undefined;
    // A hundred thousand files.
    afterAll(async () => folder && rm(folder, { recursive: true, force: true }), 120_000);

    it('become 100,000 whole files, in flat memory', async () => {
      const env = await processorEnvironment(url);
      folder = env.OUTPUT_FOLDER;
      const processor = await startProcessor(env);
      const publisher = new Publisher(url, env.RABBITMQ_EXCHANGE);
      await publisher.publishAll(numbered(100_000), 500);
      const done = 'carillon_processor_sink_messages_total{sink="file",code="OK"}';
      await eventually(async () => expect(await counter(processor.url, done)).toBe(100_000), 400_000);
      expect(sorted((await outputTexts(folder)).map(numberOf))).toEqual(upTo(100_000));
      expect(await counter(processor.url, 'process_resident_memory_bytes')).toBeLessThan(350 * 1024 * 1024);
      await publisher.close();
      processor.child.kill('SIGTERM');
      expect(await processor.exited).toBe(0);
    }, 600_000); // alone two minutes; beside other suites on two cores it has taken five
  });
});
