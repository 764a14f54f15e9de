import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MONITOR_STATUS } from '../../src/ports/monitor-store.port.js';
import { BadServer } from '../support/bad-server.js';
import { eventually } from '../support/eventually.js';
import { isLong, SEED } from './settings.js';
import { lateSamples } from './support/liveness.js';
import { TargetService, type Memory, type Result } from './support/target-service.js';
import { casesOf, type Case } from './targets/cases.js';
import {
  MUTATED_WAIT_MS,
  startFuzzDnsServer,
  startFuzzServer,
  type FuzzServer,
} from './targets/fuzz-server.js';
import { PROTOCOLS, type Protocol } from './targets/protocols.js';

const CONVERSATIONS = isLong ? 2_000 : 200;
/** Servers that listen at the same time. */
const WAVE = 100;
/** Requests of the test at the same time. */
const GROUP = 5;
/** The longest answer of `/health/live`. */
const MOST_MS = 200;
/** Growth of resident memory over the second half of the protocols, in MiB. */
const MOST_GROWTH = 20;
/** In seconds. */
const TIMEOUTS = { hostile: 1, asRecorded: 30 };
const PROTOCOL_MS = isLong ? 1_200_000 : 240_000;
const HALF = PROTOCOLS[PROTOCOLS.length / 2];

const AS_RECORDED: Case = { name: 'as recorded', conversation: (good) => good };

interface Target {
  server: FuzzServer;
  id: string;
  name: string;
}

interface Ended extends Result {
  name: string;
}

describe(`hostile targets (FAULTS_SEED=${SEED}, ${CONVERSATIONS} conversations a protocol)`, () => {
  let good: BadServer;
  let service: TargetService;
  /** Of which process, and how much it was. */
  let memoryBefore: { pid: number; memory: Memory } | undefined;

  beforeAll(async () => {
    good = await BadServer.listen();
    good.behave = (response) => response.end('all is good');
    service = await TargetService.start(good);
  }, 120_000);

  afterAll(async () => {
    await service?.kill();
    await good.close();
  });

  const pidOf = (): number => service.running.child.pid!;

  /** After a protocol that ended or froze the service, the next one gets a new service. */
  async function replaceFailed(): Promise<void> {
    if ((await service.failure()) === null) return;
    await service.kill();
    service = await TargetService.start(good);
  }

  function startServers(protocol: Protocol, cases: readonly Case[]): Promise<FuzzServer[]> {
    return Promise.all(
      cases.map((each) => {
        const conversationAt = (port: number) => each.conversation(protocol.good(port).conversation);
        if (protocol.transport === 'udp') return startFuzzDnsServer(conversationAt);
        return startFuzzServer(conversationAt, each === AS_RECORDED ? Infinity : MUTATED_WAIT_MS);
      }),
    );
  }

  /** Checks all servers at the same time, each once; the results. */
  async function check(protocol: Protocol, cases: readonly Case[], timeout: number): Promise<Ended[]> {
    const servers = await startServers(protocol, cases);
    try {
      const monitors = servers.map(({ port }, index) => {
        const { type, config } = protocol.good(port);
        return { name: `${protocol.name} ${cases[index]!.name}`, type, config, timeout };
      });
      const ids = await service.add(monitors);
      const targets = ids.map((id, index): Target => ({
        id,
        name: cases[index]!.name,
        server: servers[index]!,
      }));
      await inGroups(ids, (id) => service.run(id));
      const results = await resultsOf(targets);
      await inGroups(ids, (id) => service.remove(id));
      return results;
    } catch (error) {
      const failure = await service.failure();
      throw failure === null ? error : new Error(failure, { cause: error });
    } finally {
      await Promise.all(servers.map((server) => server.close()));
    }
  }

  /** Waits until each check has a result and has closed its connections. */
  async function resultsOf(targets: readonly Target[]): Promise<Ended[]> {
    const found = new Map<Target, Ended>();
    await eventually(async () => {
      if (!service.isAlive) return;
      for (const target of targets.filter((each) => !found.has(each))) {
        const [result] = await service.results(target.id);
        if (result) found.set(target, { ...result, name: target.name });
      }
      expect(targets.filter((each) => !found.has(each)).map(({ name }) => name)).toEqual([]);
    }, 120_000);
    expect(service.isAlive).toBe(true);
    await eventually(
      () => expect(targets.filter(({ server }) => server.open() > 0).map(({ name }) => name)).toEqual([]),
      30_000,
    );
    return [...found.values()];
  }

  it.each(PROTOCOLS)(
    'replays the recording of $name',
    async (protocol) => {
      await replaceFailed();
      // `unknown` says that the machine was too busy for a check: it is repeated.
      const result = await eventually(async () => {
        const [ended] = await check(protocol, [AS_RECORDED], TIMEOUTS.asRecorded);
        expect(ended!.status).not.toBe('unknown');
        return ended;
      }, 120_000);
      expect(result).toMatchObject({ status: protocol.notUp ? MONITOR_STATUS.down : MONITOR_STATUS.up });
    },
    PROTOCOL_MS,
  );

  it.each(PROTOCOLS)(
    'answers /health/live within 200 ms while $name is hostile',
    async (protocol) => {
      await replaceFailed();
      const pid = pidOf();
      // The caches of SQLite and of the allocator are filled by then.
      if (protocol === HALF) memoryBefore = { pid, memory: await service.memory() };
      await service.liveness.read();
      const cases = casesOf(protocol.name, protocol.malformed, protocol.good(1).conversation, CONVERSATIONS);
      for (let at = 0; at < cases.length; at += WAVE)
        await check(protocol, cases.slice(at, at + WAVE), TIMEOUTS.hostile);
      const samples = await service.liveness.read();
      expect(lateSamples(samples, MOST_MS)).toEqual([]);
      expect(samples.length).toBeGreaterThan(10);
      expect(pidOf()).toBe(pid);
      expect(await service.harmed()).toEqual([]);
    },
    PROTOCOL_MS,
  );

  it('has its memory back, and ends on SIGTERM', async () => {
    expect(memoryBefore?.pid).toBe(pidOf());
    const { rss } = memoryBefore!.memory;
    await eventually(
      async () => expect((await service.memory()).rss).toBeLessThan(rss + MOST_GROWTH),
      60_000,
    );
    expect(await service.end()).toBe(0);
  }, 180_000);
});

/** A few at a time, so that it is not the requests of the test that delay `/health/live`. */
async function inGroups(ids: readonly string[], request: (id: string) => Promise<void>): Promise<void> {
  for (let at = 0; at < ids.length; at += GROUP) await Promise.all(ids.slice(at, at + GROUP).map(request));
}
