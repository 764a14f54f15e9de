import type { Collection, Db, ObjectId } from 'mongodb';
import type {
  Alert,
  MonitorState,
  MonitorStatus,
  Priority,
  Push,
  StatusCounts,
  StoredResult,
} from '../../ports/monitor-store.port.js';

/** Peekaping's, in the collection `monitor`. What others wrote may lack fields, or hold another kind of value. */
export interface MonitorDoc {
  _id: ObjectId;
  type: string;
  name: string;
  interval: number;
  timeout: number;
  max_retries: number;
  retry_interval: number;
  resend_interval: number;
  active: boolean;
  status: MonitorStatus;
  /** JSON text of an object; an object is read too. */
  config: unknown;
  created_at: Date;
  updated_at: Date;
  /** ObjectId, absent or empty. */
  proxy_id?: ObjectId | string | null;
  push_token?: string | null;
}

/** What we know of a monitor beside Peekaping's fields; a monitor without one has the defaults. */
export interface OwnDoc {
  _id: ObjectId;
  cron: string | null;
  timezone: string | null;
  priority: Priority;
  tags: string[];
  maintenance_until: number | null;
}

export interface ResultDoc extends Omit<StoredResult, 'id' | 'monitorId'> {
  _id: string;
  monitorId: ObjectId;
}

/** One hour (UTC) of one monitor. */
export interface RollupDoc extends StatusCounts {
  /** `<monitor>:<hour>`. */
  _id: string;
  monitorId: ObjectId;
  /** Its beginning, milliseconds since the Unix epoch. */
  hour: number;
  /** Version of the last journal that was added. */
  v: number;
  latencySum: number;
  latencyCount: number;
}

export type RollupDelta = Omit<RollupDoc, '_id' | 'monitorId' | 'v'>;

/** What a change of the state brings with it; it lies in the state's document until it is done. */
export interface Journal {
  results: ResultDoc[];
  rollups: RollupDelta[];
  alerts: AlertDoc[];
  /** For the monitor; null: as it was. */
  status: MonitorStatus | null;
}

export interface StateDoc extends MonitorState {
  _id: ObjectId;
  /** Rises with each change. */
  v: number;
  /** Of the call that wrote it last. */
  writer: string;
  journal?: Journal;
}

export interface AlertDoc extends Omit<Alert, 'id' | 'monitorId'> {
  _id: string;
  monitorId: ObjectId;
  settled: boolean;
  /** Nobody takes it before; milliseconds since the Unix epoch. */
  nextAt: number;
}

export interface PushDoc extends Push {
  _id: ObjectId;
}

/** `schema`: the version that the indexes have; `lock`: who makes them now. */
export interface MigrationDoc {
  _id: 'schema' | 'lock';
  version?: number;
  holder?: string;
  /** Milliseconds since the Unix epoch. */
  until?: number;
}

/** All collections that there are. */
export interface Collections {
  db: Db;
  monitors: Collection<MonitorDoc>;
  own: Collection<OwnDoc>;
  states: Collection<StateDoc>;
  results: Collection<ResultDoc>;
  rollups: Collection<RollupDoc>;
  pushes: Collection<PushDoc>;
  alerts: Collection<AlertDoc>;
  migrations: Collection<MigrationDoc>;
}

export function collectionsOf(db: Db): Collections {
  return {
    db,
    monitors: db.collection('monitor'),
    own: db.collection('carillon_monitors'),
    states: db.collection('carillon_states'),
    results: db.collection('carillon_results'),
    rollups: db.collection('carillon_rollups'),
    pushes: db.collection('carillon_pushes'),
    alerts: db.collection('carillon_alerts'),
    migrations: db.collection('carillon_migrations'),
  };
}
