import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { get, post } from '../support/app.js';
import { EmitTarget, emittersFile, emitterTo, expectBalance, startEmitters } from '../support/emit-target.js';
import { eventually } from '../support/eventually.js';
import { runToEnd, startProcess, type RunningProcess } from '../support/process.js';
import { describeWithServers, startedRedis } from '../support/servers/index.js';

const PERIOD = 100;
const TTL = 1000;

let target: EmitTarget;
beforeEach(async () => {
  target = await EmitTarget.listen();
});
afterEach(() => target.close());

const shown = async ({ url }: { url: string }) => (await get(`${url}/emitters/alpha`)).body;
const planned = () => target.messages.map(({ plannedAt }) => plannedAt);

describe('EMITTER_LEADER_ONLY', () => {
  it('on the embedded driver emits at once, on the epoch’s grid', async () => {
    const app = await startEmitters([emitterTo(target, { every: '50ms' })], { EMITTER_LEADER_ONLY: 'true' });
    await eventually(() => expect(target.messages.length).toBeGreaterThan(3));
    expect(await app.show()).toMatchObject({ state: 'running' });
    expect(planned().filter((at) => at % 50 !== 0)).toEqual([]);
    expect(await app.stop()).toBe(0);
  });

  it('without the part leader does not start, and says what to add', async () => {
    const file = await emittersFile([emitterTo(target)]);
    const env = { EMITTERS_FILE: file, EMITTER_LEADER_ONLY: 'true', MODULES: 'emitter,health' };
    const { code, stderr } = await runToEnd(env);
    expect(code).toBe(78);
    expect(stderr).toContain('add leader to MODULES');
  });
});

describeWithServers(['redis'], 'replicas of which one emits', () => {
  const replicas = async () => {
    const { url } = await startedRedis();
    const env = {
      MODULES: 'emitter,leader,health',
      REDIS_URL: url,
      LEADER_KEY: `test:e2e:${randomUUID()}`,
      LEADER_TTL_MS: String(TTL),
      EMITTER_LEADER_ONLY: 'true',
      EMITTERS_FILE: await emittersFile([emitterTo(target, { every: `${PERIOD}ms` })]),
    };
    const first = await startProcess(env);
    await eventually(async () => expect((await shown(first)).state).toBe('running'));
    const second = await startProcess(env);
    await eventually(async () => expect((await shown(second)).books.skipped.not_leader).toBeGreaterThan(0));
    return { first, second };
  };
  /** Ticks of both: on one grid, none twice, no others between them once both were there. */
  const expectOneGrid = () => {
    const all = planned();
    expect(all.filter((at) => at % PERIOD !== 0)).toEqual([]);
    expect(new Set(all).size).toBe(all.length);
  };
  const ended = async (service: RunningProcess) => {
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(0);
  };

  it('kill -9 of the leader: the other goes on when the lease ends, on the same grid; books balance', async () => {
    const { first, second } = await replicas();
    expect(await shown(second)).toMatchObject({ state: 'standby', books: { sent: 0 } });
    await eventually(() => expect(target.messages.length).toBeGreaterThan(5));
    first.child.kill('SIGKILL');
    await first.exited;
    const last = Math.max(...planned());
    await eventually(() => expect(Math.max(...planned())).toBeGreaterThan(last));
    const next = Math.min(...planned().filter((at) => at > last));
    expect(next - last).toBeLessThan(TTL + 1000);
    const { state, books } = await shown(second);
    expect(state).toBe('running');
    expectBalance(books);
    expectOneGrid();
    await ended(second);
  });

  it('SIGTERM of the leader: hardly a tick is left out', async () => {
    const { first, second } = await replicas();
    await ended(first);
    const last = Math.max(...planned());
    await eventually(() => expect(planned().filter((at) => at > last).length).toBeGreaterThan(3));
    expectOneGrid();
    await ended(second);
  });

  it('a leader that is stopped for longer than the lease sends nothing late when it goes on', async () => {
    const { first, second } = await replicas();
    first.child.kill('SIGSTOP');
    await eventually(async () => expect((await shown(second)).state).toBe('running'));
    first.child.kill('SIGCONT');
    const before = await shown(first);
    await eventually(async () =>
      expect((await shown(first)).books.planned).toBeGreaterThan(before.books.planned + 3),
    );
    const { state, books } = await shown(first);
    expect(state).toBe('standby');
    expectBalance(books);
    expectOneGrid();
    await ended(first);
    await ended(second);
  });

  it('a trigger by hand works on any', async () => {
    const { first, second } = await replicas();
    const { status, body } = await post(`${second.url}/emitters/alpha/trigger`, {});
    expect({ status, end: body.end }).toEqual({ status: 200, end: 'delivered' });
    await ended(second);
    await ended(first);
  });
});
