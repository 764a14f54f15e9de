import {
  newState,
  type MonitorState,
  type NewAlert,
  type RawResult,
  type ResultStatus,
} from '../../src/ports/monitor-store.port.js';
import { judge, type JudgeSettings } from '../../src/modules/worker/results/judge.js';

export const T = 1_700_000_000_000;
export const SECOND = 1000;

export type Look = 'up' | 'down' | 'unknown';

/** Results of one monitor, one each second, as its judge sees them one after the other. */
export class Course {
  state: MonitorState = newState();
  readonly statuses: ResultStatus[] = [];
  readonly alerts: (Pick<NewAlert, 'kind' | 'from' | 'to'> & { second: number })[] = [];
  private second = 0;

  constructor(private readonly settings: Partial<JudgeSettings> = {}) {}

  see(...looks: Look[]): this {
    for (const found of looks) {
      this.second += 1;
      this.one({ found }, this.second);
    }
    return this;
  }

  one(given: Partial<RawResult>, second: number): this {
    const settings = { maxRetries: 0, resendInterval: 0, maintenanceUntil: null, ...this.settings };
    const { status, state, alerts } = judge(this.state, result(second, given), settings);
    this.state = state;
    this.statuses.push(status);
    for (const { kind, from, to } of alerts) this.alerts.push({ kind, from, to, second });
    return this;
  }
}

export function result(second: number, given: Partial<RawResult> = {}): RawResult {
  const plannedAt = T + second * SECOND;
  return {
    id: `m:${plannedAt}`,
    monitorId: 'm',
    plannedAt,
    at: plannedAt + 10,
    found: 'up',
    latencyMs: 12,
    message: '200 OK',
    ...given,
  };
}

/** When the result of that second came. */
export const at = (second: number) => T + second * SECOND + 10;
