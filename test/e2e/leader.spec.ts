import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { get, startApp, type LogLine } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { runToEnd, startProcess, type RunningProcess } from '../support/process.js';
import { describeWithServers, startedRedis, startPrivateRedis } from '../support/servers/index.js';

const TTL = 1000;

async function onRedis(more: Record<string, string> = {}): Promise<Record<string, string>> {
  const { url } = await startedRedis();
  return {
    MODULES: 'leader,health',
    REDIS_URL: url,
    LEADER_KEY: `test:e2e:${randomUUID()}`,
    LEADER_TTL_MS: String(TTL),
    ...more,
  };
}

// A suite reads an answer as it comes.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
const shown = async ({ url }: { url: string }): Promise<any> => (await get(`${url}/leader`)).body;
const leads = (service: RunningProcess) =>
  eventually(async () => {
    const view = await shown(service);
    expect(view.is_leader).toBe(true);
    return view;
  });

describe('the part leader on the embedded driver', () => {
  it('leads at once, says so, and has its figures', async () => {
    const log: LogLine[] = [];
    const app = await startApp({ MODULES: 'leader,health' }, { log });
    const view = await shown(app);
    expect(view).toEqual({
      is_leader: true,
      node: expect.stringMatching(/^.+:\d+:[0-9a-f]{8}$/),
      leader: view.node,
      term: expect.any(Number),
      since: expect.stringMatching(/^\d{4}-.*Z$/),
      time_left_ms: null,
      driver: 'embedded',
      trouble: null,
    });
    const messages = log.map(({ msg }) => msg);
    expect(messages).toContain(`Starting leader election for node ${view.node}.`);
    expect(messages).toContain(`Became leader: term ${view.term}.`);
    const { text } = await get(`${app.url}/metrics`);
    expect(text).toMatch(/^carillon_leader 1$/m);
    expect(text).toMatch(new RegExp(`^carillon_leader_term ${view.term}$`, 'm'));
    expect(text).toMatch(/^carillon_leader_transitions_total\{to="leader"\} 1$/m);
    expect(text).toMatch(/^carillon_leader_lease_left_seconds \+Inf$/m);
    expect((await get(`${app.url}/health`)).body).toMatchObject({ status: 'healthy', troubles: [] });
    expect(await app.stop()).toBe(0);
    expect(log.map(({ msg }) => msg).join('\n')).toMatch(/No leader any more: .* This process resigned/);
    expect(log.filter(({ level }) => level >= 40)).toEqual([]);
  });

  it('has its folder to itself, also without a part that stores something', async () => {
    const env = { MODULES: 'leader,health' };
    const service = await startProcess(env);
    const { code, stderr } = await runToEnd({ ...env, DATA_FOLDER: service.folder });
    expect(code).toBe(1);
    expect(stderr).toContain(`process ${service.child.pid}`);
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(0);
  });
});

describeWithServers(['redis'], 'two processes with one lease', () => {
  it('follow one another: at SIGTERM at once, at SIGKILL when the lease ends; terms rise', async () => {
    const env = await onRedis();
    const first = await startProcess(env);
    const one = await leads(first);
    const second = await startProcess(env);
    await eventually(() => expect(second.log.join('\n')).toContain('Standing by'));
    expect(await shown(second)).toMatchObject({
      is_leader: false,
      leader: one.node,
      term: one.term,
      since: one.since,
      driver: 'redis',
    });
    first.child.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    const two = await shown(second);
    expect(two).toMatchObject({ is_leader: true, leader: two.node });
    expect(two.term).toBeGreaterThan(one.term);

    const third = await startProcess(env);
    await eventually(() => expect(third.log.join('\n')).toContain('Standing by'));
    second.child.kill('SIGKILL');
    const three = await leads(third);
    expect(three.term).toBeGreaterThan(two.term);
    third.child.kill('SIGTERM');
    expect(await third.exited).toBe(0);
  });

  it('a process that is stopped for longer than the lease does not lead when it goes on', async () => {
    const env = await onRedis();
    const first = await startProcess(env);
    const one = await leads(first);
    const second = await startProcess(env);
    first.child.kill('SIGSTOP');
    const two = await leads(second);
    expect(two.term).toBeGreaterThan(one.term);
    first.child.kill('SIGCONT');
    expect(await shown(first)).toMatchObject({ is_leader: false, leader: two.node, term: two.term });
    await eventually(() => expect(first.log.join('\n')).toContain('No leader any more'));
    expect(await shown(second)).toMatchObject({ is_leader: true, term: two.term });
    for (const { child, exited } of [first, second]) {
      child.kill('SIGTERM');
      expect(await exited).toBe(0);
    }
  });
});

describeWithServers(['redis-private'], 'without its Redis', () => {
  it('GET /leader still answers for this process, and says why', async () => {
    const server = await startPrivateRedis();
    const env = { ...(await onRedis()), REDIS_URL: server.url };
    const service = await startProcess(env);
    const { node } = await leads(service);
    await server.kill();
    await eventually(async () =>
      expect(await shown(service)).toMatchObject({ is_leader: false, node, leader: null, term: null }),
    );
    expect((await shown(service)).trouble).toContain('Redis');
    const { status, body } = await get(`${service.url}/health`);
    expect(status).toBe(503);
    expect(body.ports).toMatchObject([{ port: 'LeaderLease', driver: 'redis', state: 'down' }]);
    await server.start();
    const again = await leads(service);
    expect(again.trouble).toBeNull();
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(0);
    await server.release();
  });
});
