import {
  MONITOR_STATUS,
  type Judge,
  type Judgement,
  type Monitor,
  type MonitorState,
  type MonitorStatus,
  type NewAlert,
  type RawResult,
  type ResultStatus,
} from '../../../ports/monitor-store.port.js';

/** What a monitor says about what its results mean. */
export type JudgeSettings = Pick<Monitor, 'maxRetries' | 'resendInterval' | 'maintenanceUntil'>;

/** A status that people are told of; `pending` is only on the way to one. */
type Known = keyof typeof MONITOR_STATUS;

const NAMES = ['down', 'up', 'pending', 'maintenance'] as const satisfies readonly Known[];

export function statusName(status: MonitorStatus): Known {
  return NAMES[status];
}

/** Judges each result by the settings of its monitor; one whose settings are not given has the defaults. */
export function judgeBy(settings: ReadonlyMap<string, JudgeSettings>): Judge {
  return (state, result) => judge(state, result, settings.get(result.monitorId) ?? DEFAULTS);
}

const DEFAULTS: JudgeSettings = { maxRetries: 0, resendInterval: 0, maintenanceUntil: null };

/**
 * What a result means for its monitor:
 *
 * - `unknown` leaves the status and the failures as they were;
 * - in maintenance every other result is `maintenance`, and failures begin anew after it;
 * - a monitor that is found down is `pending` for `maxRetries` failures in a row, then down; once down it stays so until
 *   it is found up;
 * - a result of an older planned time than the newest one's changes neither status nor failures.
 *
 * Alerts: `status` when it becomes another one, but for `pending`, and for what was pending or new and is found up;
 * `reminder` while it stays down, each `resendInterval` seconds; `heard` at the first result after a silence.
 */
export function judge(state: MonitorState, result: RawResult, settings: JudgeSettings): Judgement {
  const heard = heardAgain(state, result);
  if (state.lastPlannedAt !== null && result.plannedAt < state.lastPlannedAt) {
    const next = { ...state, silentSince: null };
    return { status: lateStatus(state, result, settings), state: next, alerts: heard };
  }
  const status = statusOf(state, result, settings);
  const seen = { ...state, ...newest(result, status), silentSince: null };
  if (status === 'unknown') return { status, state: seen, alerts: heard };
  const failures = status === 'maintenance' || status === 'up' ? 0 : state.failures + 1;
  return settled({ state: { ...seen, failures }, result, settings, heard }, status);
}

function newest(
  { plannedAt, at, latencyMs, message }: RawResult,
  lastStatus: ResultStatus,
): Partial<MonitorState> {
  return { lastStatus, lastAt: at, lastPlannedAt: plannedAt, latencyMs, message };
}

function statusOf(state: MonitorState, result: RawResult, settings: JudgeSettings): ResultStatus {
  if (result.found === 'unknown') return 'unknown';
  if (isMaintenance(result, settings)) return 'maintenance';
  if (result.found === 'up') return 'up';
  if (state.status === MONITOR_STATUS.down) return 'down';
  return state.failures < settings.maxRetries ? 'pending' : 'down';
}

/** Of one that comes after a newer one: what it would have been, as far as that can be told. */
function lateStatus(state: MonitorState, result: RawResult, settings: JudgeSettings): ResultStatus {
  if (result.found !== 'down' || isMaintenance(result, settings)) return statusOf(state, result, settings);
  return state.status === MONITOR_STATUS.down || settings.maxRetries === 0 ? 'down' : 'pending';
}

function isMaintenance({ at }: RawResult, { maintenanceUntil }: JudgeSettings): boolean {
  return maintenanceUntil !== null && at < maintenanceUntil;
}

interface Case {
  /** With everything but the status. */
  state: MonitorState;
  result: RawResult;
  settings: JudgeSettings;
  heard: readonly NewAlert[];
}

function settled({ state, result, settings, heard }: Case, status: Known): Judgement {
  const value = MONITOR_STATUS[status];
  const { at } = result;
  if (state.status === value) {
    const isDue = status === 'down' && isReminderDue(state, at, settings);
    const alerts = isDue ? [...heard, alert('reminder', result, { from: status, to: status })] : heard;
    return { status, state: isDue ? { ...state, alertedAt: at } : state, alerts };
  }
  const from = state.status === null ? null : statusName(state.status);
  const isTold = isAlerted(from, status);
  const alerts = isTold ? [...heard, alert('status', result, { from, to: status })] : heard;
  return { status, state: { ...state, status: value, since: at, alertedAt: isTold ? at : null }, alerts };
}

function isAlerted(from: Known | null, to: Known): boolean {
  if (to === 'pending') return false;
  if (to === 'maintenance') return from !== null;
  return to === 'down' || from === 'down' || from === 'maintenance';
}

function isReminderDue(
  { alertedAt, since }: MonitorState,
  at: number,
  { resendInterval }: JudgeSettings,
): boolean {
  return resendInterval > 0 && at - (alertedAt ?? since ?? at) >= resendInterval * 1000;
}

function heardAgain({ silentSince, status }: MonitorState, result: RawResult): NewAlert[] {
  if (silentSince === null) return [];
  const from = status === null ? null : statusName(status);
  return [alert('heard', result, { from, to: result.found })];
}

function alert(
  kind: NewAlert['kind'],
  { monitorId, at, latencyMs, message }: RawResult,
  { from, to }: Pick<NewAlert, 'from' | 'to'>,
): NewAlert {
  return { kind, monitorId, from, to, at, latencyMs, message };
}
