import type { AppError } from '../../../../core/errors.js';
import type { Monitor, MonitorFields } from '../../../../ports/monitor-store.port.js';
import type { ImportReport } from './report.js';

export const EXISTING = ['replace', 'skip', 'fail'] as const;
/** What becomes of a monitor whose id is there already. */
export type Existing = (typeof EXISTING)[number];

/** One import under way. */
export interface ImportRun {
  readonly existing: Existing;
  readonly report: ImportReport;
  /** False once events could not be told: the rest is left to the syncs rather than waited for. */
  isTelling: boolean;
  /** Why nothing can be written any more; what follows fails with it. */
  broken: AppError | null;
}

/** `at` as the client counts, `place` in the order of the answer. */
interface Planned {
  at: number;
  place: number;
}

/** A monitor to create, with its id where one was given. */
export interface Creation extends Planned {
  fields: MonitorFields;
  id: string | undefined;
}

/** What is to be written over another monitor. */
export interface Replacement extends Planned {
  fields: Partial<MonitorFields>;
  old: Monitor;
}
