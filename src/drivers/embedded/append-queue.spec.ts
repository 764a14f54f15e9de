import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { AppendOutcome, NewRecord } from '../../ports/record-log.port.js';
import { AppendQueue, type QueueOptions } from './append-queue.js';
import type { PackedAppend } from './protocol.js';
import { Trouble } from './trouble.js';

const record = (value = 'v'): NewRecord => ({
  topic: 't',
  partition: null,
  key: null,
  value,
  headers: null,
  timestamp: 1,
});

/** A worker that answers when it is told to: partition 0, offsets counted up. */
class SlowWorker {
  isUp = true;
  readonly messages: { packed: PackedAppend; answer(): void; fail(trouble: Trouble): void }[] = [];
  private offset = 0;

  ask = (_op: string, packed: unknown) =>
    new Promise<never>((resolve, reject) => {
      const message = packed as PackedAppend;
      const count = message.calls.reduce((sum, calls) => sum + calls, 0);
      const answer = () =>
        resolve(Float64Array.from({ length: 2 * count }, (_, i) => (i % 2 ? this.offset++ : 0)) as never);
      this.messages.push({ packed: message, answer, fail: reject });
    });
}

function queueOn(worker: SlowWorker, options: Partial<QueueOptions> = {}): AppendQueue {
  return new AppendQueue(worker as never, {
    maxRecordBytes: 1000,
    bufferBytes: 10_000,
    timeoutMs: 10_000,
    onWritten: () => undefined,
    onTrouble: () => undefined,
    ...options,
  });
}

const codesOf = (outcomes: AppendOutcome[]) =>
  outcomes.map((outcome) => (outcome.ok ? outcome.offset : outcome.error.code));

describe('AppendQueue', () => {
  it('gathers the calls of one turn in one message, and those of a busy time in the next', async () => {
    const worker = new SlowWorker();
    const queue = queueOn(worker);
    const calls = [queue.take([record(), record()], {}), queue.take([record()], {})];
    await nextTurn();
    for (let turn = 0; turn < 5; turn++) {
      calls.push(queue.take([record()], {}));
      await nextTurn();
    }
    expect(worker.messages.map(({ packed }) => packed.calls)).toEqual([[2, 1], [1]]);
    worker.messages[0]!.answer();
    await nextTurn();
    expect(worker.messages.map(({ packed }) => packed.calls)).toEqual([[2, 1], [1], [1, 1, 1, 1]]);
    worker.messages[1]!.answer();
    worker.messages[2]!.answer();
    expect((await Promise.all(calls)).map(codesOf)).toEqual([[0, 1], [2], [3], [4], [5], [6], [7]]);
    expect(queue.size).toBe(0);
  });

  it('throws BUFFER_FULL with nothing taken, and has room again after the answer', async () => {
    const worker = new SlowWorker();
    const queue = queueOn(worker, { bufferBytes: 600 });
    const first = queue.take([record('x'.repeat(400))], {});
    const size = queue.size;
    expect(() => queue.take([record('ü'.repeat(10))], {})).toThrow(
      expect.objectContaining({ code: 'BUFFER_FULL' }),
    );
    expect(() => queue.take([record('ü'.repeat(5))], {})).toThrow(
      expect.objectContaining({ code: 'BUFFER_FULL' }),
    );
    expect(queue.size).toBe(size);
    await nextTurn();
    worker.messages[0]!.answer();
    expect(worker.messages[0]!.packed.calls).toEqual([1]);
    await first;
    expect(queue.size).toBe(0);
    expect(() => queue.take([record()], {})).not.toThrow();
  });

  it('answers at the deadline: unknown with `later` what the worker has, unwritten what it has not', async () => {
    const worker = new SlowWorker();
    const queue = queueOn(worker, { timeoutMs: 40 });
    const handed = [queue.take([record()], {})];
    await nextTurn();
    handed.push(queue.take([record()], {}));
    await nextTurn();
    const settles = { key: 'k', fingerprint: 'f', at: 1, expiresAt: 2 };
    const [late, alsoLate] = [queue.take([record()], { settles }), queue.take([record()], {})];
    expect(codesOf(await late)).toEqual(['RECORD_LOG_UNAVAILABLE']);
    expect(codesOf(await alsoLate)).toEqual(['RECORD_LOG_UNAVAILABLE']);
    const [first] = await handed[0]!;
    expect(first).toMatchObject({ ok: false, error: { code: 'OUTCOME_UNKNOWN' } });
    for (const message of worker.messages) message.answer();
    expect(await (first as { later: Promise<AppendOutcome> }).later).toEqual({
      ok: true,
      partition: 0,
      offset: 0,
    });
    await queue.empty();
    expect(worker.messages).toHaveLength(2);
  });

  it('sends in place what was withdrawn from a message that others are still in', async () => {
    const worker = new SlowWorker();
    worker.isUp = false;
    const queue = queueOn(worker, { timeoutMs: 60 });
    const early = queue.take([record()], {});
    await delay(40);
    const inTime = queue.take([record()], {});
    expect(codesOf(await early)).toEqual(['RECORD_LOG_UNAVAILABLE']);
    worker.isUp = true;
    queue.send();
    worker.messages[0]!.answer();
    expect(codesOf(await inTime)).toEqual([1]);
    expect(queue.size).toBe(0);
  });

  it.each([
    ['full', 'STORAGE_FULL'],
    ['failed', 'RECORD_LOG_UNAVAILABLE'],
    ['died', 'OUTCOME_UNKNOWN'],
  ] as const)('gives everybody in a message that %s the code %s, and goes on', async (kind, code) => {
    const worker = new SlowWorker();
    const queue = queueOn(worker);
    const calls = [queue.take([record(), record()], {}), queue.take([record()], {})];
    await nextTurn();
    worker.messages[0]!.fail(new Trouble(kind, 'a test'));
    expect((await Promise.all(calls)).flatMap(codesOf)).toEqual([code, code, code]);
    const next = queue.take([record()], {});
    await nextTurn();
    worker.messages[1]!.answer();
    expect(codesOf(await next)).toEqual([0]);
  });

  it('gives up at a stop', async () => {
    const worker = new SlowWorker();
    const queue = queueOn(worker);
    const handed = queue.take([record(), record()], {});
    await nextTurn();
    worker.isUp = false;
    const waiting = queue.take([record()], {});
    expect(queue.giveUp()).toBe(3);
    expect(codesOf(await handed)).toEqual(['OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN']);
    expect(codesOf(await waiting)).toEqual(['SHUTTING_DOWN']);
  });
});
