import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import type { NewTask } from '../../src/ports/task-queue.port.js';
import { eventually } from '../support/eventually.js';
import { describeWithServers, startAsynqGo } from '../support/servers/index.js';
import { Both, newQueue, scripted } from './sides/both.js';
import { startGoWorker } from './sides/go-side.js';
import type { Worker } from './sides/side.js';

const WORKER = fileURLToPath(new URL('sides/worker-process.mjs', import.meta.url));
const LEASE_S = 30;
/** A lease must be over for as long as it lasts; Go looks each 60 s, from its start on. */
const RECOVERY_MS = 130_000;

describeWithServers(['redis', 'asynq-go'], 'conformance with Asynq: crashes', () => {
  const both = Both.open();
  const held = (queue: string): NewTask => scripted(queue, { hold: true });
  const leaseEnd = async ({ queue, id }: NewTask): Promise<number> =>
    Number(await both.redis.zscore(`asynq:{${queue}}:lease`, id));

  /** A process of the real library begins the task, and is killed. */
  async function lostByGoProcess(task: NewTask): Promise<void> {
    const doomed = startAsynqGo(both.url);
    const { attempts } = await startGoWorker(doomed, { queues: { [task.queue]: 1 }, concurrency: 1 });
    await attempts.began(task.id);
    await doomed.kill();
  }

  /** The same by a process of ours, which runs what was built. */
  async function lostByOurProcess({ queue, id }: NewTask): Promise<void> {
    const doomed = spawn(process.execPath, [WORKER, both.url, queue], { stdio: ['pipe', 'pipe', 'inherit'] });
    const exited = once(doomed, 'exit');
    const lines: string[] = [];
    for await (const line of createInterface({ input: doomed.stdout })) {
      lines.push(line);
      break;
    }
    expect(lines).toEqual([`began ${id}`]);
    doomed.kill('SIGKILL');
    await exited;
  }

  async function recovered(worker: Worker, { id, queue }: NewTask): Promise<void> {
    expect(await worker.attempts.began(id, 1, RECOVERY_MS)).toMatchObject({ retried: 1 });
    expect(await both.look(queue, id)).toMatchObject({
      state: 'active',
      retried: 1,
      lastError: expect.stringContaining('lease expired'),
    });
    await worker.release(id);
    await both.gone(queue, id);
    expect(await both.lookAt(queue)).toMatchObject({ processed: 2, failed: 1 });
  }

  /**
   * One test for all, so that it takes 60 s only once: two tasks of killed processes, each in a queue that the other side
   * alone looks after; and in a shared queue one task each of workers that live, which the other side must let be.
   */
  it('a task of a killed worker is recovered by the other side; one of a living worker is left alone', async () => {
    const [ofGo, ofUs, shared] = [newQueue(), newQueue(), newQueue()];
    const [lostByGo, lostByUs] = [held(ofGo), held(ofUs)];
    await both.side('ours').enqueue(lostByGo);
    await both.side('Go').enqueue(lostByUs);
    await Promise.all([lostByGoProcess(lostByGo), lostByOurProcess(lostByUs)]);

    // Go looks 60 s after its start: not one second too early
    const takenAt = (await leaseEnd(lostByUs)) - LEASE_S;
    await eventually(() => expect(Date.now() / 1000).toBeGreaterThan(takenAt + 1));
    const [keptByGo, another, keptByUs] = [held(shared), held(shared), held(shared)];
    for (const task of [keptByGo, another]) await both.side('ours').enqueue(task);
    const go = await both.work('Go', { queues: { [ofUs]: 1, [shared]: 1 }, concurrency: 2, retryDelayMs: 0 });
    for (const { id } of [keptByGo, another]) await go.attempts.began(id); // its places are taken
    const options = { queues: { [ofGo]: 1, [shared]: 1 }, concurrency: 2, retryDelayMs: 0 };
    const ours = await both.workWith(options, { recoverMs: 1_000 });
    await both.side('Go').enqueue(keptByUs);
    await ours.attempts.began(keptByUs.id);
    await go.release(another.id); // a place for the recovered one

    await Promise.all([recovered(ours, lostByGo), recovered(go, lostByUs)]);

    for (const task of [keptByGo, keptByUs]) {
      expect(await both.look(shared, task.id)).toMatchObject({ state: 'active', retried: 0 });
      expect(await leaseEnd(task)).toBeGreaterThan(Date.now() / 1000 + LEASE_S / 2);
    }
    await Promise.all([go.release(keptByGo.id), ours.release(keptByUs.id)]);
    await eventually(async () =>
      expect(await both.lookAt(shared)).toMatchObject({ processed: 3, failed: 0 }),
    );
  }, 180_000);
});
