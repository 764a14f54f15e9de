import type { TaskVerdict } from '../../src/ports/task-queue.port.js';
import { ARCHIVE, DONE, HOUR, RETRY, task, type Suite } from './task-queue.support.js';

/** What becomes of an attempt that did not do it. */
export function retrying(suite: Suite): void {
  const { facts } = suite;
  const queueView = async (name: string) =>
    (await suite.queue.inspector.queues()).find((each) => each.name === name);

  it(
    'tries again after the delay, so often, then archives; each counts',
    async () => {
      const name = suite.newName();
      const failures: number[] = [];
      const times: number[] = [];
      const { inbox } = suite.work(
        name,
        () => {
          times.push(Date.now());
          return { kind: 'retry', message: `Versuch ${times.length} misslang 📦` };
        },
        { retryDelayMs: (n) => failures.push(n) && 1_000 },
      );
      const one = task(name, { maxRetries: 2 });
      await suite.enqueue(one);
      const view = await suite.becomes(name, one.id, 'archived');
      expect(view).toMatchObject({
        retried: 2,
        maxRetries: 2,
        lastError: 'Versuch 3 misslang 📦',
        nextAt: null,
      });
      expect(view.lastFailedAt).toBeGreaterThanOrEqual(times[2]! - 1_000);
      expect(inbox.got.map(({ retried }) => retried)).toEqual([0, 1, 2]);
      expect(failures.slice(0, 2)).toEqual([1, 2]);
      // Times are kept in whole seconds, or exactly.
      for (const i of [1, 2]) expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(900);
      await inbox.until(async () =>
        expect(await queueView(name)).toMatchObject({
          processed: 3,
          failed: 3,
          processedToday: 3,
          failedToday: 3,
          counts: { archived: 1, retry: 0, pending: 0, active: 0 },
        }),
      );
    },
    facts.timeoutMs,
  );

  it(
    'takes the delay of the verdict where it names one',
    async () => {
      const name = suite.newName();
      suite.work(name, () => RETRY, { retryDelayMs: () => HOUR });
      const one = task(name, { maxRetries: 1 });
      await suite.enqueue(one);
      await suite.becomes(name, one.id, 'archived');
    },
    facts.timeoutMs,
  );

  it(
    'shows why it failed and when the next attempt is due',
    async () => {
      const name = suite.newName();
      suite.work(name, () => ({ kind: 'retry', message: 'nein', delayMs: HOUR }));
      const one = task(name);
      const before = Date.now();
      await suite.enqueue(one);
      const view = await suite.becomes(name, one.id, 'retry');
      expect(view).toMatchObject({ retried: 1, lastError: 'nein', completedAt: null, result: null });
      expect(view.nextAt).toBeGreaterThanOrEqual(before + HOUR - 1_000);
      expect(view.nextAt).toBeLessThanOrEqual(Date.now() + HOUR + 1_000);
    },
    facts.timeoutMs,
  );

  it(
    'counts a handler that rejects as a failed attempt, with the error’s message',
    async () => {
      const name = suite.newName();
      const errors = [new Error('kaputt'), 'a text'];
      suite.work(
        name,
        () => {
          throw errors.shift() as Error;
        },
        { concurrency: 1 },
      );
      const [one, other] = [task(name, { maxRetries: 0 }), task(name, { maxRetries: 0 })];
      await suite.enqueue(one, other);
      expect(await suite.becomes(name, one.id, 'archived')).toMatchObject({ lastError: 'kaputt' });
      expect(await suite.becomes(name, other.id, 'archived')).toMatchObject({ lastError: 'a text' });
    },
    facts.timeoutMs,
  );

  it(
    'spares the retries and the counts where the verdict says so',
    async () => {
      const name = suite.newName();
      const { inbox } = suite.work(name, ({ id }) =>
        inbox.ids.filter((each) => each === id).length < 3
          ? { kind: 'retry', message: 'not yet', delayMs: 1_000, countsAsFailure: false }
          : DONE,
      );
      const one = task(name, { maxRetries: 0, retentionMs: HOUR });
      await suite.enqueue(one);
      expect(await suite.becomes(name, one.id, 'completed')).toMatchObject({ retried: 0 });
      expect(inbox.got.map(({ retried }) => retried)).toEqual([0, 0, 0]);
      expect(await queueView(name)).toMatchObject({ processed: 1, failed: 0 });
    },
    facts.timeoutMs,
  );

  it(
    'archives at once where the verdict says so; it runs again only when asked for',
    async () => {
      const name = suite.newName();
      const { inbox } = suite.work(name, () => (inbox.got.length === 1 ? ARCHIVE : DONE));
      const one = task(name, { retentionMs: HOUR });
      await suite.enqueue(one);
      const view = await suite.becomes(name, one.id, 'archived');
      expect(view).toMatchObject({ retried: 0, lastError: 'Das wird nie etwas.' });
      expect(await queueView(name)).toMatchObject({ processed: 1, failed: 1 });
      await suite.queue.inspector.run(name, one.id);
      await suite.becomes(name, one.id, 'completed');
      expect(inbox.ids).toEqual([one.id, one.id]);
    },
    facts.timeoutMs,
  );

  it(
    'runs an archived task once more when asked for, and archives it again when that fails',
    async () => {
      const name = suite.newName();
      const { inbox } = suite.work(name, () => RETRY);
      const one = task(name, { maxRetries: 0 });
      await suite.enqueue(one);
      await suite.becomes(name, one.id, 'archived');
      await suite.queue.inspector.run(name, one.id);
      await inbox.has(2);
      await suite.becomes(name, one.id, 'archived');
      expect(inbox.got.length).toBe(2);
    },
    facts.timeoutMs,
  );

  const NO_VERDICTS: [what: string, answer: unknown][] = [
    ['nothing', undefined],
    ['an unknown kind', { kind: 'perhaps' }],
    ['a retry without a message', { kind: 'retry' }],
    ['an archive without a message', { kind: 'archive', message: 7 }],
    ['a result that is no Buffer', { kind: 'done', result: 5 }],
  ];
  it.each(NO_VERDICTS)(
    'tries again after %s, which is no verdict',
    async (_what, answer) => {
      const name = suite.newName();
      suite.work(name, () => answer as TaskVerdict, { retryDelayMs: () => HOUR });
      const one = task(name, { retentionMs: HOUR });
      await suite.enqueue(one);
      expect(await suite.becomes(name, one.id, 'retry')).toMatchObject({
        retried: 1,
        lastError: 'the handler answered no verdict',
      });
    },
    facts.timeoutMs,
  );

  it(
    'tries again after a rejection with something that is no text, and works on',
    async () => {
      const name = suite.newName();
      const { inbox } = suite.work(name, () => {
        throw Object.create(null) as Error;
      });
      const one = task(name, { maxRetries: 0 });
      await suite.enqueue(one);
      const view = await suite.becomes(name, one.id, 'archived');
      expect(view.lastError).toMatch(/./);
      await suite.enqueue(task(name));
      await inbox.has(2);
    },
    facts.timeoutMs,
  );

  it.each(['retry', 'archive'] as const)(
    'keeps 2,000 characters of the message of a verdict %s, in well-formed Unicode',
    async (kind) => {
      const name = suite.newName();
      const message = `x${'📦'.repeat(1_000_000)}`;
      suite.work(name, () => ({ kind, message, delayMs: HOUR }));
      const one = task(name);
      await suite.enqueue(one);
      const view = await suite.becomes(name, one.id, kind === 'retry' ? 'retry' : 'archived');
      expect(view.lastError).toBe(`x${'📦'.repeat(999)}\ufffd`);
    },
    facts.timeoutMs,
  );
}
