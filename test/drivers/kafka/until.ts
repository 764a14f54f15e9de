import { eventually } from '../../support/eventually.js';

/** Asks again and again until the answer is true (or not empty); fails after `ms` saying what was waited for. */
export async function until<T>(what: string, ask: () => Promise<T> | T, ms = 20_000): Promise<T> {
  const answered = async () => {
    const answer = await ask();
    if (!answer) throw new Error('it was not so');
    return answer;
  };
  return eventually(answered, ms).catch((last: unknown) => {
    throw new Error(`waited ${ms} ms until ${what}: ${String(last)}`, { cause: last });
  });
}
