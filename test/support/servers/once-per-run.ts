import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readFindings } from './findings.js';
import { SERVER_START_MS } from './run-script.js';

type Outcome<T> = { value: T } | { error: string };

const ATTEMPTS = 3;

/**
 * Runs `start` once in this run of Jest, whichever worker asks first; all others wait and get the same (JSON) value,
 * or the same error. Should the worker that starts die, the next one tries. Each attempt has a file of its own name
 * that exactly one process can create, so a stale one needs no removing.
 */
export async function oncePerRun<T>(name: string, start: () => Promise<T>): Promise<T> {
  const base = join(readFindings().runFolder, name);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const lock = `${base}.start-${attempt}`;
    const outcome = (await created(lock)) ? await settle(base, start) : await awaitOutcome<T>(base, lock);
    if (!outcome) continue;
    if ('error' in outcome) throw new Error(outcome.error);
    return outcome.value;
  }
  throw new Error(`${name}: each of ${ATTEMPTS} workers that began to start it was gone before it was up`);
}

async function created(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function settle<T>(base: string, start: () => Promise<T>): Promise<Outcome<T>> {
  const outcome = await start().then(
    (value) => ({ value }),
    (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
  );
  await writeFile(`${base}.part`, JSON.stringify(outcome));
  await rename(`${base}.part`, `${base}.json`);
  return outcome;
}

/** Undefined when the owner of the lock is gone or out of time. */
async function awaitOutcome<T>(base: string, lock: string): Promise<Outcome<T> | undefined> {
  const end = (await stat(lock)).mtimeMs + SERVER_START_MS;
  for (;;) {
    const alive = Date.now() < end && (await ownerLives(lock));
    const text = await readFile(`${base}.json`, 'utf8').catch(() => undefined); // after "alive": it may just have ended
    if (text) return JSON.parse(text) as Outcome<T>;
    if (!alive) return undefined;
    await sleep(50);
  }
}

async function ownerLives(lock: string): Promise<boolean> {
  const pid = Number(await readFile(lock, 'utf8'));
  if (!pid) return true; // created, not yet written
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
