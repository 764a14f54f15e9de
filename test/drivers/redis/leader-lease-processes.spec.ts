import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from '@jest/globals';
import { describeWithServers, startPrivateRedis, type RedisServer } from '../../support/servers/index.js';
import { faults, type Interval } from './lease-intervals.js';

const CANDIDATE = fileURLToPath(new URL('../../support/lease-candidate.mjs', import.meta.url));
const KEY = 'test:lease:processes';
const TTL = 800;

type Line = { ready: true } | { number: number; from: number; to: number } | { number: number; end: number };

const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** What all processes together said. */
class Election {
  readonly intervals: Interval[] = [];
  readonly running: ChildProcess[] = [];

  constructor(private readonly server: RedisServer) {}

  async join(): Promise<void> {
    const args = [CANDIDATE, this.server.url, KEY, String(TTL)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.add(child);
    this.running.push(child);
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (text) => this.heard(String(child.pid), JSON.parse(text) as Line));
    await once(lines, 'line');
  }

  async end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.running.splice(this.running.indexOf(child), 1);
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    children.delete(child);
  }

  private heard(holder: string, line: Line): void {
    if ('ready' in line) return;
    const known = this.intervals.find((one) => one.holder === holder && one.number === line.number);
    if ('end' in line) {
      if (known) known.to = Math.min(known.to, line.end);
    } else if (known) known.to = Math.max(known.to, line.to);
    else this.intervals.push({ holder, ...line });
  }
}

describeWithServers(['redis-private'], 'processes that want one lease', () => {
  it('in random trouble: never two lead, by their own clocks, and terms rise', async () => {
    const server = await startPrivateRedis({ config: { 'enable-debug-command': 'yes' } });
    const election = new Election(server);
    await Promise.all(Array.from({ length: 4 }, () => election.join()));
    const any = () => election.running[Math.floor(Math.random() * election.running.length)]!;
    const replaced = async (signal: 'SIGKILL' | 'SIGTERM') => {
      await election.end(any(), signal);
      await election.join();
    };
    const troubles: [string, () => Promise<unknown>][] = [
      [
        'SIGSTOP',
        async () => {
          const child = any();
          child.kill('SIGSTOP');
          await delay(TTL * Math.random() * 2.5);
          child.kill('SIGCONT');
        },
      ],
      ['SIGKILL', () => replaced('SIGKILL')],
      ['SIGTERM', () => replaced('SIGTERM')],
      ['client kill', () => server.cli(['client', 'kill', 'type', 'normal'])],
      ['debug sleep', () => server.cli(['debug', 'sleep', String(Math.random() * 1.5)])],
      ['restart', () => server.kill().then(() => server.start())],
      ['calm', () => delay(2 * TTL)],
    ];
    const done: string[] = [];
    const until = performance.now() + 25_000;
    while (performance.now() < until) {
      const [name, trouble] = troubles[Math.floor(Math.random() * troubles.length)]!;
      done.push(name);
      await trouble();
      await delay(Math.random() * TTL);
    }
    for (const child of [...election.running]) await election.end(child, 'SIGTERM');
    await server.release();
    const found = faults(election.intervals);
    if (found.length > 0) throw new Error(JSON.stringify({ found, done }, null, 1));
    expect(election.intervals.length).toBeGreaterThan(2);
  }, 90_000);
});
