import type { AppConfig } from '../../src/config/app-config.js';
import { healthTask, tickId } from '../../src/monitors/health-task.js';
import {
  MonitorStore,
  type Monitor,
  type MonitorFields,
  type StoredResult,
} from '../../src/ports/monitor-store.port.js';
import { OpenPorts } from '../../src/ports/open-ports.js';
import type { Port, PortClass } from '../../src/ports/port.js';
import { TaskQueue, type NewTask, type TaskState, type TaskView } from '../../src/ports/task-queue.port.js';
import { CONFIG } from '../../src/process/tokens.js';
import { get, startApp, type Environment, type LogLine, type RunningApp } from './app.js';
import { monitorFields } from './monitor-fields.js';

/** A service that checks, in this process; its monitors are the store's, its tasks the test's. */
export class WorkingApp {
  private constructor(
    private readonly running: RunningApp,
    readonly log: LogLine[],
  ) {}

  static async start(env: Environment = {}): Promise<WorkingApp> {
    const log: LogLine[] = [];
    // A machine that is slow for a moment must not make a test's down an unknown.
    const usual = { CHECK_ALLOW: '127.0.0.1', WORKER_EVENT_LOOP_LATE_MS: '60000' };
    return new WorkingApp(await startApp({ ...usual, ...env }, { log }), log);
  }

  get url(): string {
    return this.running.url;
  }

  port<P extends Port>(portClass: PortClass<P>): P {
    return this.running.app.get(OpenPorts).get(portClass)!;
  }

  get store(): MonitorStore {
    return this.port(MonitorStore);
  }

  get queue(): TaskQueue {
    return this.port(TaskQueue);
  }

  /** So that the scheduler leaves it alone for the length of a test, its interval is long unless given. */
  async monitor(fields: Partial<MonitorFields>): Promise<Monitor> {
    const [created] = await this.store.create([monitorFields(fields)]);
    return created!;
  }

  /** The task of a tick, as the scheduler enqueues it. */
  async tick(monitor: Monitor, plannedAt = Date.now(), given: Partial<NewTask> = {}): Promise<string> {
    const { task } = this.running.app.get<AppConfig>(CONFIG).scheduler;
    const id = given.id ?? tickId(monitor.id, plannedAt);
    const made = healthTask(id, { monitorId: monitor.id, scheduledAt: plannedAt }, monitor.priority, task);
    await this.queue.enqueueMany([{ ...made, ...given, id }]);
    return id;
  }

  /** Oldest first; those of the scheduler's own ticks are left out. */
  async results({ id, createdAt }: Monitor): Promise<StoredResult[]> {
    const all = await this.store.history(id, null, 1_000);
    return all.filter((result) => result.id !== tickId(id, createdAt)).reverse();
  }

  async tasks(state: TaskState, queue = 'default'): Promise<TaskView[]> {
    return this.queue.inspector.list(queue, state, { number: 1, size: 1_000 });
  }

  /** The sum of a metric's samples whose line holds all of these words. */
  async metric(name: string, ...words: string[]): Promise<number> {
    const { text } = await get(`${this.url}/metrics`);
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith(name) && words.every((word) => line.includes(word)));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  stop(): Promise<number> {
    return this.running.stop();
  }
}
