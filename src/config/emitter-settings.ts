/** When an emitter ticks. Times in milliseconds. */
export type Schedule =
  /** `onEpoch`: the grid lies on the Unix epoch, for all replicas alike; else on the start of the process. */
  | { kind: 'every'; periodMs: number; onEpoch: boolean }
  /** Five fields, or six with seconds first. */
  | { kind: 'cron'; line: string; zone: string }
  /** By trigger only. */
  | { kind: 'never' };

export type TargetSettings =
  | { kind: 'http'; url: URL; method: 'POST' | 'PUT' | 'PATCH'; headers: Readonly<Record<string, string>> }
  | { kind: 'topic'; topic: string; key: string | null; headers: Readonly<Record<string, string>> }
  | { kind: 'exchange'; exchange: string; routingKey: string; headers: Readonly<Record<string, string>> };

export type PayloadOrder = 'random' | 'sequence' | 'shuffle';

export type PayloadSettings =
  /** A JSON array of objects; one of them a tick. `path` is absolute. */
  | { kind: 'file'; path: string; order: PayloadOrder }
  /** Any JSON value as text, in which {{planned}}, {{now}}, {{name}}, {{count}}, {{uuid}} stand for values. */
  | { kind: 'template'; text: string }
  /** `{"datetime": planned time with its offset, "environment": E}`. */
  | { kind: 'datetime'; environment: string };

export interface RetrySettings {
  /** In all, the first one included. */
  attempts: number;
  /** `jitter`: full jitter, doubling up to `capMs`; `fixed`: always `baseMs`. */
  delay: 'jitter' | 'fixed';
  baseMs: number;
  capMs: number;
  retryAfterCapMs: number;
  /** From the tick on; null: no retry begins or lasts beyond the next tick. */
  maxElapsedMs: number | null;
}

export interface TickPolicies {
  /** Of ticks that came too late. */
  missed: 'skip' | 'latest' | 'all';
  /** How old a tick may be that is made up for, milliseconds. */
  windowMs: number;
  /** While one is in flight. */
  overlap: 'skip' | 'queue' | 'allow';
  /** With `allow`. */
  maxInFlight: number;
}

/** One emitter, checked. */
export interface EmitterSettings {
  name: string;
  schedule: Schedule;
  /** One message at once when it starts, beside the grid's: that is the grid's 0th tick. */
  firstAtOnce: boolean;
  target: TargetSettings;
  payload: PayloadSettings;
  /** One attempt, milliseconds. */
  timeoutMs: number;
  retry: RetrySettings;
  policies: TickPolicies;
  /** Asked until it answers 2xx before the first tick is planned. */
  preflight: URL | null;
  paused: boolean;
  /** Standard Webhooks, as configured (`whsec_…` or any text); null: unsigned. */
  signingSecret: string | null;
  /** 201 is the only status that is no surprise. */
  expects201: boolean;
}

/** What `emitter` does. */
export interface EmittersSettings {
  /** By name, in the order of the log. Empty: the part is idle. */
  emitters: readonly EmitterSettings[];
  /** Absolute; what is given up lies here. */
  givenUpFolder: string;
  /** The most files that lie there. */
  givenUpMost: number;
  /** Failures in a row that open a target's circuit; 0: never. */
  circuitFailures: number;
  circuitOpenMs: number;
  /** Only the leader emits. */
  leaderOnly: boolean;
}
