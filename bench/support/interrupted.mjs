// Servers and programs of a bench that is interrupted: they would run on.

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 };
const undos = new Set();

/** `undo`, which must not wait, is called when a signal ends this process; the answer forgets it. */
export function whenInterrupted(undo) {
  undos.add(undo);
  return () => undos.delete(undo);
}

/** Kills this child then, if it still runs. */
export function killWhenInterrupted(child) {
  child.once(
    'exit',
    whenInterrupted(() => child.kill('SIGKILL')),
  );
  return child;
}

/** From now on SIGINT and SIGTERM end this process with all that it started, last first. */
export function endWithSignals() {
  for (const [signal, code] of Object.entries(EXIT_CODES))
    process.once(signal, () => {
      for (const undo of [...undos].reverse()) {
        try {
          undo();
        } catch (error) {
          console.error(error);
        }
      }
      process.exit(code);
    });
}
