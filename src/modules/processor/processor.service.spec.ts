import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import type { AppConfig } from '../../config/app-config.js';
import { AppError } from '../../core/errors.js';
import type { Delivery, Progress } from '../../ports/message-exchange.port.js';
import { DeliveryFailure } from './delivery-failure.js';
import { ProcessorMetrics } from './processor.metrics.js';
import { ProcessorService } from './processor.service.js';
import type { Sink, SinkMessage } from './sinks/sink.js';

const config = { processor: { maxBytes: 100 } } as Pick<AppConfig, 'processor'>;
const refused = new AppError('TARGET_REFUSED', 'It answered 400.');
const down = new AppError('TARGET_UNAVAILABLE', 'It answered 503.');

/** Answers as told, then takes everything. */
class ScriptedSink implements Sink {
  readonly seen: SinkMessage[] = [];
  constructor(
    readonly name: 'file' | 'http' | 'topic',
    private readonly errors: AppError[] = [],
  ) {}
  deliver(message: SinkMessage): Promise<void> {
    this.seen.push(message);
    const error = this.errors.shift();
    return error ? Promise.reject(error) : Promise.resolve();
  }
}

const delivery = (progress: Partial<Progress> = {}): Delivery => ({
  exchange: 'e',
  routingKey: 'expense.created',
  body: Buffer.from('{"a": 1.0}'),
  messageId: null,
  contentType: null,
  headers: {},
  redelivered: false,
  progress: { failures: 0, firstSeenAt: 1, done: [], trace: null, ...progress },
});

async function failureOf(sinks: Sink[], given = delivery()): Promise<DeliveryFailure> {
  const service = new ProcessorService(sinks, new ProcessorMetrics(new Registry()), config);
  return service.process(given).then(
    () => Promise.reject(new Error('it was taken')),
    (error: DeliveryFailure) => error,
  );
}

describe('ProcessorService', () => {
  it('resolves when every sink has the message, with its text as it was sent', async () => {
    const [file, http] = [new ScriptedSink('file'), new ScriptedSink('http')];
    const service = new ProcessorService([file, http], new ProcessorMetrics(new Registry()), config);
    await service.process(delivery());
    expect(file.seen).toMatchObject([{ routingKey: 'expense.created', text: '{"a": 1.0}' }]);
    expect(http.seen[0]?.trace).toBe(file.seen[0]?.trace);
  });

  it('asks only the sinks that do not have it yet, under the same trace', async () => {
    const [file, http] = [new ScriptedSink('file'), new ScriptedSink('http', [down, down])];
    const first = await failureOf([file, http]);
    expect(first).toMatchObject({ error: down, done: ['file'] });
    const second = await failureOf([file, http], delivery({ done: first.done, trace: first.trace }));
    expect(second.trace).toBe(first.trace);
    expect([file.seen.length, http.seen.length]).toEqual([1, 2]);
    expect(http.seen[1]?.trace).toBe(first.trace);
  });

  it('goes on for the others when one refuses for good, asks that one no more, and tells in the end', async () => {
    const [http, topic] = [new ScriptedSink('http', [refused]), new ScriptedSink('topic', [down])];
    const first = await failureOf([http, topic]);
    expect(first).toMatchObject({ error: down, done: ['http:TARGET_REFUSED'] });
    const second = await failureOf([http, topic], delivery({ done: first.done, trace: first.trace }));
    expect(second.error.code).toBe('TARGET_REFUSED');
    expect(second.done).toEqual(['http:TARGET_REFUSED', 'topic']);
    expect([http.seen.length, topic.seen.length]).toEqual([1, 2]);
  });

  it('takes the message id as the trace', async () => {
    const failure = await failureOf([new ScriptedSink('http', [down])], { ...delivery(), messageId: 'm-1' });
    expect(failure.trace).toBe('m-1');
  });
});
