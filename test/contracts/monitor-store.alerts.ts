import type { Alert, Judge } from '../../src/ports/monitor-store.port.js';
import { eventually } from '../support/eventually.js';
import { T0, createOne, judge, result, type Suite } from './monitor-store.support.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const LONG_MS = 60_000;

/** One alert for each result. */
const always: Judge = (state, given) => {
  const { monitorId, at, latencyMs, message } = given;
  const alert = {
    kind: 'status',
    monitorId,
    from: state.lastStatus,
    to: given.found,
    at,
    latencyMs,
    message,
  } as const;
  return { ...judge(state, given), alerts: [alert] };
};

/** What is to be told, until it is. */
export function alerting({ store, another, facts }: Suite): void {
  /** Alerts of one monitor, with these messages, one a millisecond. */
  const prepare = async (messages: readonly string[]): Promise<string> => {
    const { id } = await createOne(store());
    await store().record(
      messages.map((message, i) => result(id, { at: T0 + i, plannedAt: T0 + i, message })),
      always,
    );
    return id;
  };
  const messagesOf = (alerts: readonly Alert[]) => alerts.map(({ message }) => message);

  it('keeps an alert as it was judged, under a UUID', async () => {
    const monitorId = await prepare([`${'ü'.repeat(998)}📦`]);
    expect(await store().pendingAlerts()).toBe(1);
    const [alert, ...others] = await (await another()).takeAlerts(10, LONG_MS);
    expect(others).toEqual([]);
    expect(alert).toEqual({
      id: expect.stringMatching(UUID),
      kind: 'status',
      monitorId,
      from: null,
      to: 'up',
      at: T0,
      latencyMs: 12,
      message: `${'ü'.repeat(998)}📦`,
      attempts: 0,
    });
  });

  it('gives the oldest first, at most `limit`, each to one taker', async () => {
    await prepare(['a', 'b', 'c', 'd', 'e']);
    expect(messagesOf(await store().takeAlerts(2, LONG_MS))).toEqual(['a', 'b']);
    expect(messagesOf(await (await another()).takeAlerts(10, LONG_MS))).toEqual(['c', 'd', 'e']);
    expect(await store().takeAlerts(10, LONG_MS)).toEqual([]);
    expect(await store().pendingAlerts()).toBe(5);
  });

  it(
    'gives none twice, however many take at once',
    async () => {
      const names = Array.from({ length: 60 }, (_, i) => `alert ${i}`);
      await prepare(names);
      const stores = [store(), await another()];
      const taken = await Promise.all(
        Array.from({ length: 12 }, (_, i) => stores[i % 2]!.takeAlerts(5, LONG_MS)),
      );
      const rest = await store().takeAlerts(100, LONG_MS);
      expect(messagesOf([...taken.flat(), ...rest]).sort()).toEqual(names.sort());
    },
    facts.timeoutMs,
  );

  it(
    'gives it to somebody else when the lease of a taker has ended, as another attempt',
    async () => {
      await prepare(['lost']);
      const [first] = await store().takeAlerts(10, 1_000);
      const other = await another();
      expect(await other.takeAlerts(10, 1_000)).toEqual([]);
      const second = await eventually(async () => {
        const taken = await other.takeAlerts(10, LONG_MS);
        expect(taken).toHaveLength(1);
        return taken[0]!;
      });
      expect(second).toEqual({ ...first, attempts: 1 });
    },
    facts.timeoutMs,
  );

  it('is done with one that was settled', async () => {
    await prepare(['sent', 'other']);
    const [sent] = await store().takeAlerts(1, 1);
    await store().settleAlert(sent!.id, null);
    expect(await store().pendingAlerts()).toBe(1);
    await store().settleAlert(sent!.id, null);
    await store().settleAlert('00000000-0000-4000-8000-000000000000', null);
    await eventually(async () => expect(messagesOf(await store().takeAlerts(10, 1))).toEqual(['other']));
    expect(await store().pendingAlerts()).toBe(1);
  });

  it('tries it again when it was told to, not before', async () => {
    await prepare(['again', 'much later']);
    const [again, later] = await store().takeAlerts(10, LONG_MS);
    await store().settleAlert(later!.id, Date.now() + LONG_MS);
    await store().settleAlert(again!.id, Date.now() - 1);
    expect(await store().takeAlerts(10, LONG_MS)).toEqual([{ ...again, attempts: 1 }]);
    await store().settleAlert(again!.id, Date.now() - 1);
    expect(await store().takeAlerts(10, LONG_MS)).toEqual([{ ...again, attempts: 2 }]);
    expect(await store().pendingAlerts()).toBe(2);
  });

  it('keeps alerts for a process that begins later', async () => {
    await prepare(['kept']);
    expect(messagesOf(await (await another()).takeAlerts(1, LONG_MS))).toEqual(['kept']);
  });
}
