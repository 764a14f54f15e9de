import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../../../core/clock.js';
import { startLoop, type Loop } from '../../../../core/loop.js';
import { unpack, type Failure, type FromWorker, type Question, type WorkerData } from '../protocol.js';
import { codeOf } from './disk.js';
import { Disowned, FileEngine } from './engine.js';
import { BEAT_MS } from './liveness.js';

const RECOVER_MS = 30_000;
const SWEEP_MS = 10_000;
/** Some 40 million claims a day. */
const CLAIMS_A_SWEEP = 5_000;

if (!parentPort) throw new Error('This file is a worker of modules/processor/files/file-store.ts.');
const port = parentPort;
const { settings, over } = workerData as WorkerData;
const engine = new FileEngine({ settings, over, clock: systemClock });

function tell(message: FromWorker): void {
  port.postMessage(message);
}

function failureOf(error: unknown): Failure {
  const kind = error instanceof Disowned ? 'disowned' : 'disk';
  return { kind, code: codeOf(error), message: error instanceof Error ? error.message : String(error) };
}

/** What runs while the folder is open; each failure is told, and ends it until the next opening. */
class Housekeeping {
  private loops: Loop[] = [];

  start(): void {
    this.loops = [
      this.loop('heartbeat', BEAT_MS, () => engine.beat()),
      this.loop('recovery', RECOVER_MS, async () => {
        const files = await engine.recover();
        if (files > 0) tell({ kind: 'finished', files });
      }),
      this.loop('expiry', SWEEP_MS, async () => {
        const claims = await engine.sweep(CLAIMS_A_SWEEP);
        if (claims > 0) tell({ kind: 'swept', claims });
      }),
    ];
  }

  async stop(): Promise<void> {
    await Promise.all(this.loops.splice(0).map((loop) => loop.stop()));
  }

  private loop(name: string, everyMs: number, run: () => Promise<void>): Loop {
    const onError = (error: unknown) => tell({ kind: 'trouble', failure: failureOf(error) });
    return startLoop({ name, everyMs, run, onError });
  }
}

const housekeeping = new Housekeeping();

async function answer(question: Question) {
  if (question.op === 'write') return engine.write(unpack(question.ask));
  await housekeeping.stop();
  if (question.op === 'close') {
    await engine.close();
    return null;
  }
  const opened = await engine.open(question.ask.probeBytes);
  housekeeping.start();
  return opened;
}

port.on('message', (question: Question | null) => {
  // For tests: the thread ends by an error that nothing catches.
  if (question === null) throw new Error('told to crash');
  void answer(question).then(
    (value) => {
      tell({ kind: 'answer', id: question.id, value });
      if (question.op === 'close') port.close();
    },
    (error: unknown) => tell({ kind: 'failure', id: question.id, failure: failureOf(error) }),
  );
});
