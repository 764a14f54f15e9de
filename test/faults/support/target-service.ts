import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MONITOR_STATUS } from '../../../src/ports/monitor-store.port.js';
import { answerOf, type Answer } from '../../support/app.js';
import type { BadServer } from '../../support/bad-server.js';
import { eventually } from '../../support/eventually.js';
import { startProcess, type RunningProcess } from '../../support/process.js';
import { watchLiveness, type Liveness } from './liveness.js';

export interface NewMonitor {
  name: string;
  type: string;
  config: Record<string, unknown>;
  /** In seconds. */
  timeout: number;
}

export interface Result {
  status: number | string;
  message: string;
}

/** Of the main process after a garbage collection, in MiB. */
export interface Memory {
  /** Resident memory, of which the others are parts. */
  rss: number;
  heapUsed: number;
  external: number;
}

/** How long a request is refused as busy before that is a failure. */
const BUSY_MS = 60_000;
const BUSY_PAUSE_MS = 200;
const NEIGHBOUR_INTERVAL_MS = 500;
/** A service that does not answer for so long is frozen, however busy the machine is. */
const FROZEN_MS = 30_000;
const START_MS = 60_000;
const EXIT_MS = 1_000;
const COLLECT = fileURLToPath(new URL('./collect-on-signal.cjs', import.meta.url));

/** The built service as a process, watched by the probe. It checks two monitors of a good server all the time, the neighbours. */
export class TargetService {
  private readonly neighbours: string[] = [];
  private isStopping = false;
  private checking: Promise<void> = Promise.resolve();

  private constructor(
    readonly running: RunningProcess,
    readonly liveness: Liveness,
  ) {}

  /** `env` is added to the settings of a process that schedules and checks. */
  static async start(good: BadServer, env: Record<string, string> = {}): Promise<TargetService> {
    const running = await startProcess(
      {
        MODULES: 'leader,scheduler,worker,health',
        CHECK_ALLOW: '127.0.0.1',
        // Tasks are removed soon after they end, so that they do not count as memory that is not given back.
        SCHEDULER_CATCH_UP_WINDOW_S: '1',
        TASK_RETENTION_S: '11',
        NODE_OPTIONS: `--require ${COLLECT}`,
        ...env,
      },
      START_MS,
    );
    const service = new TargetService(running, await watchLiveness(running.url, running.child.pid!));
    // The first is checked in a child process, since its body is read; the second in the main process.
    const keyword = { url: good.url().href, keyword: 'good' };
    const tcp = { host: '127.0.0.1', port: good.port };
    const ids = await service.add([
      { name: 'neighbour keyword', type: 'http-keyword', config: keyword, timeout: 59 },
      { name: 'neighbour tcp', type: 'tcp', config: tcp, timeout: 59 },
    ]);
    service.neighbours.push(...ids);
    service.checking = service.checkNeighbours();
    return service;
  }

  get isAlive(): boolean {
    return this.running.child.exitCode === null && this.running.child.signalCode === null;
  }

  /** Null when the process runs and answers `/health/live`; else what is wrong. */
  async failure(): Promise<string | null> {
    if (!this.isAlive) return this.lastWords();
    try {
      await this.request('GET', '/health/live');
      return null;
    } catch (error) {
      // A process that has just ended refuses connections before its exit is known.
      await delay(EXIT_MS);
      return this.isAlive ? `GET /health/live fails: ${String(error)}` : this.lastWords();
    }
  }

  async memory(): Promise<Memory> {
    const { log, child } = this.running;
    const before = log.length;
    child.kill('SIGUSR2');
    const line = await eventually(() => {
      const found = log.slice(before).find((each) => each.startsWith('memory '));
      if (!found) throw new Error('The service has not written how much memory it uses');
      return found;
    }, FROZEN_MS);
    const { rss, heapUsed, external } = JSON.parse(line.slice('memory '.length)) as Memory;
    return { rss: mebibytes(rss), heapUsed: mebibytes(heapUsed), external: mebibytes(external) };
  }

  /** Adds monitors that the scheduler does not check; their ids, in order. */
  async add(monitors: readonly NewMonitor[]): Promise<string[]> {
    const items = monitors.map(({ timeout, ...more }) => ({
      id: randomUUID(),
      interval: timeout + 1,
      timeout,
      active: false,
      ...more,
    }));
    const { body } = await this.expectStatus(200, 'POST', '/monitors/import', items);
    if (body.created !== items.length)
      throw new Error(`The import has not created all: ${JSON.stringify(body).slice(0, 1_000)}`);
    return items.map(({ id }) => id);
  }

  async remove(id: string): Promise<void> {
    await this.expectStatus(204, 'DELETE', `/monitors/${id}`);
  }

  /** Queues one check. */
  async run(id: string): Promise<void> {
    await this.expectStatus(202, 'POST', `/monitors/${id}/run`, {});
  }

  /** The newest first. */
  async results(id: string): Promise<Result[]> {
    const { body } = await this.expectStatus(200, 'GET', `/monitors/${id}/history?limit=1000`);
    return body.results as Result[];
  }

  /** Results of the neighbours that are not `up`. */
  async harmed(): Promise<Result[]> {
    const all = await Promise.all(this.neighbours.map((id) => this.results(id)));
    if (all.some((results) => results.length === 0)) throw new Error('A neighbour has no result');
    return all.flat().filter(({ status }) => status !== MONITOR_STATUS.up);
  }

  /** @throws when there is no answer within 30 s */
  async request(method: string, path: string, body?: unknown): Promise<Answer> {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(FROZEN_MS);
    return answerOf(await fetch(`${this.running.url}${path}`, { method, headers, signal, ...content }));
  }

  /** What the service refuses for now, since an attack takes all there is, is asked again as a good client would. */
  async expectStatus(status: number, method: string, path: string, body?: unknown): Promise<Answer> {
    const end = performance.now() + BUSY_MS;
    for (;;) {
      const answer = await this.request(method, path, body);
      if (answer.status === status) return answer;
      const isBusy = answer.status === 503 && answer.body?.retryable === true;
      if (!isBusy || performance.now() > end)
        throw new Error(`${method} ${path} answers ${answer.status}: ${answer.text.slice(0, 1_000)}`);
      await delay(BUSY_PAUSE_MS);
    }
  }

  /** Sends SIGTERM; the exit code. */
  async end(): Promise<number | NodeJS.Signals> {
    await this.stopWatching();
    this.running.child.kill('SIGTERM');
    return this.running.exited;
  }

  /** Ends the service and the probe whatever their state, and removes the data. */
  async kill(): Promise<void> {
    this.running.child.kill('SIGKILL');
    await this.running.exited;
    await this.stopWatching();
    await rm(this.running.folder, { recursive: true, force: true });
  }

  private async lastWords(): Promise<string> {
    return `The service ended with ${await this.running.exited}: ${this.running.log.slice(-5).join('\n')}`;
  }

  private async stopWatching(): Promise<void> {
    this.isStopping = true;
    await this.checking;
    await this.liveness.stop();
  }

  private async checkNeighbours(): Promise<void> {
    while (!this.isStopping && this.isAlive) {
      // A service that fails is told by the requests of the tests.
      await Promise.all(this.neighbours.map((id) => this.run(id))).catch(() => undefined);
      await delay(NEIGHBOUR_INTERVAL_MS);
    }
  }
}

const mebibytes = (bytes: number): number => Math.round(bytes / 1_048_576);
