import type { MonitorStore } from '../../src/ports/monitor-store.port.js';
import { alerting } from './monitor-store.alerts.js';
import { closing } from './monitor-store.closing.js';
import { editing } from './monitor-store.editing.js';
import { keeping } from './monitor-store.monitors.js';
import { paging } from './monitor-store.paging.js';
import { pruning, pushing } from './monitor-store.pushes.js';
import { reading } from './monitor-store.reading.js';
import { recording } from './monitor-store.results.js';
import { silence } from './monitor-store.silence.js';
import { deleteAll, type MonitorStoreFacts, type OpenStore, type Suite } from './monitor-store.support.js';

const DEFAULTS: MonitorStoreFacts = { timeoutMs: 60_000 };

/**
 * The promises of MonitorStore as tests; every driver runs them.
 *
 * `open` may be called several times, also while an earlier port is open: all of them are on the same storage, which
 * is this suite's own. Every test begins without monitors.
 */
export function describeMonitorStore(
  driver: string,
  open: () => Promise<OpenStore>,
  options: Partial<MonitorStoreFacts> = {},
): void {
  const facts = { ...DEFAULTS, ...options };

  describe(`MonitorStore (${driver})`, () => {
    let shared: OpenStore;
    const others: OpenStore[] = [];
    const store = () => shared.store;
    const another = async (): Promise<MonitorStore> => {
      const opened = await open();
      others.push(opened);
      return opened.store;
    };
    const suite: Suite = { store, another, facts };
    beforeAll(async () => {
      shared = await open();
    }, facts.timeoutMs);
    beforeEach(() => deleteAll(store()), facts.timeoutMs);
    afterEach(async () => {
      await Promise.all(others.splice(0).map((opened) => opened.close()));
    }, facts.timeoutMs);
    afterAll(() => shared.close(), facts.timeoutMs);

    it('names its driver, answers a ping, and has no trouble', async () => {
      expect(store().driver).toBe(driver);
      await expect(store().ping()).resolves.toBeUndefined();
      expect(store().trouble).toBeNull();
    });

    describe('monitors', () => keeping(suite));
    describe('edits', () => editing(suite));
    describe('pages', () => paging(suite));
    describe('recording', () => recording(suite));
    describe('history and uptime', () => reading(suite));
    describe('alerts', () => alerting(suite));
    describe('silence', () => silence(suite));
    describe('pushes', () => pushing(suite));
    describe('pruning', () => pruning(suite));
    describe('closing', () => closing(suite));
  });
}
