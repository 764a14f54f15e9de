import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { entryId } from '../../src/modules/emitter/given-up/entry.js';
import { GivenUpFolder } from '../../src/modules/emitter/given-up/given-up-folder.js';
import { ManualClock } from '../support/manual-clock.js';
import { listeningLogger, messageOf, resultOf } from './emitting.js';

export const NOW = Date.UTC(2026, 1, 1);

/** A root of a test's own, in which the folder is yet to be made, and what is told of it. */
export async function givenUpRoom() {
  const root = await mkdtemp(join(tmpdir(), 'carillon-given-up-'));
  const folder = join(root, 'data', 'given-up');
  const clock = new ManualClock(NOW);
  const { logger, lines } = listeningLogger();
  const lost: string[] = [];
  const onLost = (emitter: string) => void lost.push(emitter);
  return {
    root,
    folder,
    clock,
    lines,
    /** Emitters of lost messages. */
    lost,
    opened: async (most = 100): Promise<GivenUpFolder> => {
      const givenUp = new GivenUpFolder({ folder, most }, { logger, clock, onLost });
      await givenUp.start();
      return givenUp;
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Keeps so many messages; their ids. */
export async function keep(givenUp: GivenUpFolder, count: number, emitter = 'alpha'): Promise<string[]> {
  const messages = Array.from({ length: count }, () => messageOf({ emitter }));
  const kept = await Promise.all(messages.map((message) => givenUp.add(message, resultOf())));
  expect(kept).toEqual(Array(count).fill(true));
  return messages.map(entryId);
}
