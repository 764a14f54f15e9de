import { rm } from 'node:fs/promises';
import { afterEach } from '@jest/globals';
import { Losefs, type LosefsOptions } from '../support/losefs.js';
import { Random } from '../support/failover/random.js';

/** States that are built from each recorded run. `FAULTS=full` is the long form. */
export const STATES = process.env.FAULTS === 'full' ? 400 : 40;
/** Cuts of a suite that are real. */
export const REAL_CUTS = 3;
/** TEST_SEED repeats the choice of moments; what was recorded differs from run to run. */
export const SEED = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000);

/** File systems of one test each: answers what starts one, and stops all of them after the test. */
export function mountedForEachTest(): (options?: LosefsOptions) => Promise<Losefs> {
  const mounted: Losefs[] = [];
  afterEach(async () => {
    for (const losefs of mounted.splice(0)) await losefs.stop();
  });
  return async (options = {}) => {
    const losefs = await Losefs.start(options);
    mounted.push(losefs);
    return losefs;
  };
}

/** A real cut: every request frozen, the process killed, the file system gone; answers what had been told (marked) by then. */
export async function cutPower<Told>(
  losefs: Losefs,
  seed: number,
  kill: () => Promise<unknown>,
): Promise<Told[]> {
  const moment = await losefs.freeze();
  await Promise.all([losefs.crash(seed), kill()]);
  return toldBy((await losefs.log('mark')) as Mark<Told>[], moment);
}

interface Mark<Told> {
  moment: number;
  mark: Told;
}

function toldBy<Told>(marks: readonly Mark<Told>[], moment: number): Told[] {
  return marks.filter((entry) => entry.moment <= moment).map(({ mark }) => mark);
}

/**
 * Builds states that a power cut during the recorded run may have left, until something is wrong; answers what, with
 * moment and seed. `wrongAfterCut` gets a folder, and what had been told (marked) by then.
 */
export async function survey<Told>(
  losefs: Losefs,
  wrongAfterCut: (folder: string, told: Told[]) => Promise<string[]>,
  states = STATES,
): Promise<string[]> {
  await losefs.freeze();
  const marks = (await losefs.log('mark')) as Mark<Told>[];
  const last = marks.at(-1)!.moment;
  const random = new Random(SEED);
  for (let state = 1; state <= states; state++) {
    const [moment, seed] = [random.between(1, last), SEED + state];
    const folder = losefs.newFolder(`state-${state}`);
    const built = await losefs.materialise(moment, seed, folder);
    const wrong = await wrongAfterCut(folder, toldBy(marks, moment));
    const which = `state ${state}: moment ${moment} of ${last}, seed ${seed}: ${JSON.stringify(built)}`;
    if (wrong.length > 0) return [which, ...wrong];
    await rm(folder, { recursive: true });
  }
  return [];
}
