/** What the run may know of its planned time; times in milliseconds since the Unix epoch. */
export interface PlannedHints {
  /** EMIT_PLANNED_AT. */
  plannedAt: number | undefined;
  jobName: string | undefined;
}

export interface PlannedTime {
  atMs: number;
  from: 'EMIT_PLANNED_AT' | 'JOB_NAME' | 'now';
  /** Why it is now: a repeat will not be known as one. Null when it is the planned time. */
  doubt: string | null;
}

const MINUTE_MS = 60_000;
/** A year and some days: a suffix further away is a number of another kind. */
const SANE_MS = 370 * 24 * 60 * MINUTE_MS;

/**
 * The time that this message was planned for.
 * Source of JOB_NAME's form: the CronJob controller of Kubernetes calls a job `<cron job>-<planned minute since the
 * epoch>` (getJobName in pkg/controller/cronjob).
 */
export function plannedTime({ plannedAt, jobName }: PlannedHints, nowMs: number): PlannedTime {
  if (plannedAt !== undefined) return { atMs: plannedAt, from: 'EMIT_PLANNED_AT', doubt: null };
  if (jobName === undefined) return fromNow(nowMs, 'neither EMIT_PLANNED_AT nor JOB_NAME is set');
  const minutes = /-(\d{1,12})$/.exec(jobName)?.[1];
  if (minutes === undefined) return fromNow(nowMs, 'JOB_NAME does not end in -<minutes since the epoch>');
  const atMs = Number(minutes) * MINUTE_MS;
  if (Math.abs(atMs - nowMs) > SANE_MS)
    return fromNow(nowMs, 'the number that JOB_NAME ends in is no minute within a year of now');
  return { atMs, from: 'JOB_NAME', doubt: null };
}

function fromNow(nowMs: number, doubt: string): PlannedTime {
  return { atMs: Math.floor(nowMs / 1000) * 1000, from: 'now', doubt };
}
