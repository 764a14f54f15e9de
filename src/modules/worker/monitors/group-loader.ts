import type { Clock } from '../../../core/clock.js';

export interface GroupLoaderOptions<T> {
  /** One query. What it does not answer is not there. */
  load: (ids: readonly string[]) => Promise<ReadonlyMap<string, T>>;
  /** Requests within so long are one query, milliseconds. */
  lingerMs: number;
  /** The most ids of one query. */
  most: number;
  clock: Clock;
}

interface Waiting<T> {
  promise: Promise<T | null>;
  resolve: (value: T | null) => void;
  reject: (error: unknown) => void;
}

/** Loads by id, many in one query: all who ask for an id before that is sent get its one answer. */
export class GroupLoader<T> {
  private open = new Map<string, Waiting<T>>();

  constructor(private readonly options: GroupLoaderOptions<T>) {}

  /** Null where there is none. @throws what `load` throws */
  get(id: string): Promise<T | null> {
    const { promise } = this.open.get(id) ?? this.join(id);
    return promise;
  }

  private join(id: string): Waiting<T> {
    const group = this.open;
    const { clock, lingerMs, most } = this.options;
    if (group.size === 0) void clock.sleep(lingerMs).then(() => this.send(group));
    const waiting = newWaiting<T>();
    group.set(id, waiting);
    if (group.size >= most) void this.send(group);
    return waiting;
  }

  /** Harmless when it was sent already. */
  private async send(group: Map<string, Waiting<T>>): Promise<void> {
    if (this.open !== group) return;
    this.open = new Map();
    try {
      const found = await this.options.load([...group.keys()]);
      for (const [id, { resolve }] of group) resolve(found.get(id) ?? null);
    } catch (error) {
      for (const { reject } of group.values()) reject(error);
    }
  }
}

function newWaiting<T>(): Waiting<T> {
  let settle!: Pick<Waiting<T>, 'resolve' | 'reject'>;
  const promise = new Promise<T | null>((resolve, reject) => (settle = { resolve, reject }));
  return { promise, ...settle };
}
