const STATE = 0;
const STOP = 1;
const IDLE = 0;
const BUSY = 1;
/** An exit waits no longer for the worker than so, milliseconds. */
const EXIT_WAIT_MS = 3_000;

/**
 * Keeps `process.exit` from tearing the worker out of SQLite: the library answers that with Napi::Error, which ends the
 * process by SIGABRT instead of its exit code. Both threads share two numbers.
 */
export class ExitGate {
  private readonly cells: Int32Array;

  constructor(readonly memory = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.cells = new Int32Array(memory);
  }

  /** The worker, before it touches the file: never returns once the process exits. */
  enter(): void {
    Atomics.store(this.cells, STATE, BUSY);
    if (Atomics.load(this.cells, STOP) === 0) return;
    this.leave();
    Atomics.wait(this.cells, STOP, 1);
  }

  /** The worker, when it has left the file alone. */
  leave(): void {
    Atomics.store(this.cells, STATE, IDLE);
    Atomics.notify(this.cells, STATE);
  }

  /** The process, as it exits: waits until the worker has ended what it is at, and keeps it from more. */
  shut(): void {
    Atomics.store(this.cells, STOP, 1);
    Atomics.wait(this.cells, STATE, BUSY, EXIT_WAIT_MS);
  }
}
