import type { SchedulerService } from './scheduler.service.js';
import type { MonitorSync, SyncReport } from './sync/monitor-sync.js';
import type { TermSession } from './term-session.js';

/** Shown of monitors whose rows make no sense. */
const EXAMPLES = 100;

/** The scheduler as the API shows it. Times in ISO 8601, or in the unit that the name ends with. */
export function statusView({ current, node, parts, trouble }: SchedulerService) {
  const { books, lateness, enqueuer } = parts;
  return {
    role: current ? 'leader' : 'standby',
    node,
    ...(current ? sessionView(current) : NO_SESSION),
    lateness_ms: lateness.snapshot(),
    watermark: iso(enqueuer.watermark),
    books: books.snapshot(),
    trouble: trouble?.message ?? null,
  };
}

const NO_SESSION = {
  state: 'standby',
  term: null,
  ...jobsView(0),
  unschedulable: { count: 0, examples: [] },
  next_due: null,
  syncs: syncsView({}),
};

function sessionView({ state, term, schedule, sync }: TermSession) {
  const faults = [...(schedule?.faults ?? [])];
  return {
    state,
    term: term.number,
    ...jobsView(schedule?.size ?? 0),
    unschedulable: {
      count: faults.length,
      examples: faults.slice(0, EXAMPLES).map(([monitor_id, reason]) => ({ monitor_id, reason })),
    },
    next_due: iso(schedule?.firstAt),
    syncs: syncsView(sync?.reports ?? {}),
  };
}

/** The contract's statistics count each monitor in both. */
function jobsView(monitors: number) {
  return { monitors, total_jobs: monitors, cron_entries: monitors };
}

function syncsView({ load, full, delta, events }: MonitorSync['reports']) {
  return {
    load: reportView(load),
    full: reportView(full),
    delta: reportView(delta),
    events: reportView(events),
  };
}

export function reportView(report: SyncReport | undefined) {
  if (!report) return null;
  const { at, tookMs, ...counts } = report;
  return { at: iso(at), took_ms: tookMs, ...counts };
}

function iso(ms: number | null | undefined): string | null {
  return typeof ms === 'number' && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : null;
}
