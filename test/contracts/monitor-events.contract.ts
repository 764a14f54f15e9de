import type { MonitorEvent, MonitorEvents, MonitorListener } from '../../src/ports/monitor-events.port.js';
import { eventually } from '../support/eventually.js';

export interface OpenEvents {
  /** Two processes that tell each other; the same one twice where the driver knows one process alone. */
  here: MonitorEvents;
  there: MonitorEvents;
  close(): Promise<void>;
}

/** Keeps what it is told. */
export class Recorder implements MonitorListener {
  readonly events: MonitorEvent[] = [];
  readonly gaps: string[] = [];

  onEvent(event: MonitorEvent): void {
    this.events.push(event);
  }

  onGap(reason: string): void {
    this.gaps.push(reason);
  }

  get ids(): string[] {
    return this.events.map(idOf);
  }
}

export const created = (id: string): MonitorEvent => ({ type: 'monitor.created', monitor: { id } });
const idOf = (event: MonitorEvent) => (event.type === 'monitor.deleted' ? event.id : event.monitor.id);

/** Listens; resolves once it hears. */
export async function listening(events: MonitorEvents): Promise<Recorder & { end: () => void }> {
  const recorder = new Recorder();
  const end = events.listen(recorder);
  await eventually(() => expect(recorder.gaps.length).toBeGreaterThan(0));
  return Object.assign(recorder, { end });
}

/** The promises of MonitorEvents as tests; every driver runs them. */
export function describeMonitorEvents(driver: string, open: () => Promise<OpenEvents>): void {
  describe(`MonitorEvents (${driver})`, () => {
    let opened: OpenEvents;
    const events = () => opened;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());

    it('names its driver, answers a ping, and has no trouble', async () => {
      expect(opened.here.driver).toBe(driver);
      await eventually(() => opened.here.ping());
      await listening(opened.here);
      expect(opened.here.trouble).toBeNull();
    });

    describe('an event', () => telling(events));
    describe('a gap', () => gaps(events));
    describe('the end of listening', () => ending(events));
  });
}

function telling(open: () => OpenEvents): void {
  it('is told to every listener of every process, the publisher’s too, as it was published', async () => {
    const { here, there } = open();
    const listeners = await Promise.all([here, here, there].map(listening));
    const published: MonitorEvent[] = [
      {
        type: 'monitor.created',
        monitor: { id: 'a', name: 'zwölf 📦', config: { url: null }, interval: 20 },
      },
      { type: 'monitor.updated', monitor: { id: '__proto__' } },
      { type: 'monitor.deleted', id: '65f0c0ffee65f0c0ffee65f0' },
    ];
    for (const event of published) await here.publish(event);
    for (const listener of listeners) await eventually(() => expect(listener.events).toEqual(published));
  });

  it('is told as JSON carries it, and as it was when it was published', async () => {
    const { here, there } = open();
    const listener = await listening(there);
    const monitor = { id: 'a'.repeat(255), at: new Date(0), tags: ['x'], nothing: undefined };
    const publishing = here.publish({ type: 'monitor.updated', monitor });
    monitor.tags.push('later');
    await publishing;
    const read = { id: monitor.id, at: '1970-01-01T00:00:00.000Z', tags: ['x'] };
    await eventually(() => expect(listener.events).toHaveLength(1));
    expect(listener.events).toStrictEqual([{ type: 'monitor.updated', monitor: read }]);
  });

  const itself: Record<string, unknown> = {};
  itself.itself = itself;
  it.each<[string, unknown, RegExp]>([
    ['an empty id', { type: 'monitor.deleted', id: '' }, /id of the monitor/],
    ['a long id', { type: 'monitor.created', monitor: { id: 'x'.repeat(256) } }, /1 to 255 characters/],
    ['no monitor', { type: 'monitor.created' }, /id of the monitor/],
    ['2 MiB', { type: 'monitor.updated', monitor: { id: 'a', text: 'x'.repeat(2 ** 21) } }, /1048576 bytes/],
    ['a BigInt', { type: 'monitor.updated', monitor: { id: 'a', big: 1n } }, /JSON can write/],
    ['a circle', { type: 'monitor.updated', monitor: { id: 'a', itself } }, /JSON can write/],
    ['another type', { type: 'monitor.moved', monitor: { id: 'a' } }, /monitor\.created, monitor\.updated/],
  ])('with %s is refused, and told to nobody', async (_what, event, rule) => {
    const { here, there } = open();
    const listener = await listening(there);
    const error = { code: 'VALIDATION_FAILED', retryable: false, message: expect.stringMatching(rule) };
    await expect(here.publish(event as MonitorEvent)).rejects.toMatchObject(error);
    await here.publish(created('next'));
    await eventually(() => expect(listener.ids).toEqual(['next']));
  });

  it('keeps the order in which one process published, over all types', async () => {
    const { here, there } = open();
    const listener = await listening(there);
    const types = ['monitor.created', 'monitor.updated', 'monitor.deleted'] as const;
    const published = Array.from({ length: 300 }, (_, i): MonitorEvent => {
      const type = types[i % 3] as (typeof types)[number];
      return type === 'monitor.deleted' ? { type, id: `${i}` } : { type, monitor: { id: `${i}` } };
    });
    await Promise.all(published.map((event) => here.publish(event)));
    await eventually(() => expect(listener.events).toHaveLength(300));
    expect(listener.events).toEqual(published);
  });

  it('keeps the order when a listener publishes', async () => {
    const { here } = open();
    const answering = here.listen({
      onEvent: (event) => void (idOf(event) === 'question' && here.publish(created('answer'))),
      onGap: () => undefined,
    });
    const listener = await listening(here);
    await here.publish(created('question'));
    await eventually(() => expect(listener.events).toHaveLength(2));
    expect(listener.ids).toEqual(['question', 'answer']);
    answering();
  });

  it('is told to the others when a listener throws, and so are those after it', async () => {
    const { here } = open();
    here.listen({
      onEvent: () => {
        throw new Error('a broken listener');
      },
      onGap: () => {
        throw new Error('a broken listener');
      },
    });
    const listener = await listening(here);
    await here.publish(created('first'));
    await here.publish(created('second'));
    await eventually(() => expect(listener.ids).toEqual(['first', 'second']));
  });

  it('is published though nobody listens', async () => {
    const { here, there } = open();
    await eventually(() => here.publish(created('unheard')));
    expect(there.trouble).toBeNull();
  });
}

function gaps(open: () => OpenEvents): void {
  it('is told once when listening begins, never before `listen` has returned; what is published after it is not missed', async () => {
    const { here, there } = open();
    for (let round = 0; round < 20; round++) {
      const listener = new Recorder();
      const end = there.listen(listener);
      expect(listener.gaps).toEqual([]);
      await eventually(() => expect(listener.gaps).toHaveLength(1));
      await here.publish(created(`round ${round}`));
      await eventually(() => expect(listener.ids).toEqual([`round ${round}`]));
      expect(listener.gaps).toHaveLength(1);
      end();
    }
  });

  it('is told to who comes later, and to nobody else', async () => {
    const { here } = open();
    const first = await listening(here);
    const second = await listening(here);
    await here.publish(created('a'));
    for (const { ids } of [first, second]) expect(ids.length).toBeLessThanOrEqual(1);
    await eventually(() => expect([first.ids, second.ids]).toEqual([['a'], ['a']]));
    expect([first.gaps.length, second.gaps.length]).toEqual([1, 1]);
  });
}

function ending(open: () => OpenEvents): void {
  it('is at once, for that listener alone', async () => {
    const { here } = open();
    const [ended, stays] = [await listening(here), await listening(here)];
    await here.publish(created('before'));
    await eventually(() => expect([ended.ids, stays.ids]).toEqual([['before'], ['before']]));
    ended.end();
    ended.end();
    await here.publish(created('after'));
    await eventually(() => expect(stays.ids).toEqual(['before', 'after']));
    expect(ended.ids).toEqual(['before']);
  });

  it('is told nothing when it comes before the beginning', async () => {
    const { here } = open();
    const recorder = new Recorder();
    here.listen(recorder)();
    await listening(here);
    expect(recorder.gaps).toEqual([]);
  });

  it('comes with the end of the port: nothing is told or published any more', async () => {
    const { here, there } = open();
    const [ended, stays] = [await listening(here), await listening(there)];
    expect(await here.close(5_000)).toBeNull();
    expect(await here.close(5_000)).toBeNull();
    await expect(here.publish(created('late'))).rejects.toMatchObject({
      code: 'MONITOR_EVENTS_UNAVAILABLE',
      retryable: true,
    });
    await expect(here.ping()).rejects.toMatchObject({ code: 'MONITOR_EVENTS_UNAVAILABLE' });
    here.listen(ended);
    if (there !== here) {
      await there.publish(created('elsewhere'));
      await eventually(() => expect(stays.ids).toEqual(['elsewhere']));
    }
    expect(ended.events).toEqual([]);
    expect(ended.gaps).toHaveLength(1);
  });
}
