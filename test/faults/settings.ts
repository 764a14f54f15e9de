/** `FAULTS=full` selects the long form of each fault test; anything else the short one, which runs on every commit. */
export const isLong = process.env.FAULTS === 'full';

/** The seed of every random choice. FAULTS_SEED repeats a run; the title of each suite prints it. */
export const SEED = readSeed(process.env.FAULTS_SEED);

function readSeed(text: string | undefined): number {
  if (text === undefined || text === '') return Date.now() % 1_000_000_000;
  if (!/^\d{1,9}$/.test(text))
    throw new Error(
      `FAULTS_SEED is "${text}": write a whole number of at most 9 digits, as in the title of a suite`,
    );
  return Number(text);
}

/** A seed for each name, so that adding a case does not change the others. */
export function seedOf(name: string): number {
  let hash = SEED | 0;
  for (const byte of Buffer.from(name)) hash = (Math.imul(hash ^ byte, 0x01000193) + 0x9e3779b9) | 0;
  return hash;
}

/** Those that FAULTS_ATTACKS names, separated by commas; all when it is unset. */
export function chosenAttacks<T extends { name: string }>(all: readonly T[]): readonly T[] {
  const names = process.env.FAULTS_ATTACKS?.split(',') ?? [];
  const wrong = names.find((name) => !all.some((each) => each.name === name));
  if (wrong !== undefined)
    throw new Error(
      `FAULTS_ATTACKS contains "${wrong}": write names from this list, separated by commas: ${all.map(({ name }) => name).join(', ')}`,
    );
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}
