import { rm } from 'node:fs/promises';
import type { Losefs } from '../support/losefs.js';
import { Random } from '../support/failover/random.js';

/** States that are built from each recorded run. `FAULTS=full` is the long form. */
export const STATES = process.env.FAULTS === 'full' ? 400 : 40;
/** TEST_SEED repeats the choice of moments; what was recorded differs from run to run. */
export const SEED = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000);

/**
 * Builds states that a power cut during the recorded run may have left, until something is wrong; answers what, with
 * moment and seed. `wrongAfterCut` gets a folder, what was told (marked) by then, and what was told at the end of the run.
 */
export async function survey<Told>(
  losefs: Losefs,
  wrongAfterCut: (folder: string, told: Told[]) => Promise<string[]>,
  states = STATES,
): Promise<string[]> {
  await losefs.freeze();
  const marks = (await losefs.log('mark')) as { moment: number; mark: Told }[];
  const last = marks.at(-1)!.moment;
  const random = new Random(SEED);
  for (let state = 1; state <= states; state++) {
    const [moment, seed] = [random.between(1, last), SEED + state];
    const folder = losefs.newFolder(`state-${state}`);
    const built = await losefs.materialise(moment, seed, folder);
    const told = marks.filter((entry) => entry.moment <= moment).map(({ mark }) => mark);
    const wrong = await wrongAfterCut(folder, told);
    const which = `state ${state}: moment ${moment} of ${last}, seed ${seed}: ${JSON.stringify(built)}`;
    if (wrong.length > 0) return [which, ...wrong];
    await rm(folder, { recursive: true });
  }
  return [];
}
