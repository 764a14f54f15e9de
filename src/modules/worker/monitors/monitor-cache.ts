import type { Clock } from '../../../core/clock.js';
import type { MonitorEvent, MonitorListener } from '../../../ports/monitor-events.port.js';
import type { Monitor } from '../../../ports/monitor-store.port.js';
import { GroupLoader } from './group-loader.js';

export interface CacheBounds {
  /** Monitors, and characters of their configs, about. */
  most: number;
  mostChars: number;
  /** An edit that no event tells of is seen after so long at the latest, milliseconds. */
  ttlMs: number;
}

export const CACHE_BOUNDS: CacheBounds = { most: 200_000, mostChars: 128 * 1024 * 1024, ttlMs: 300_000 };

const LINGER_MS = 3;
const MOST_IN_QUERY = 500;

interface Kept {
  monitor: Monitor;
  chars: number;
  until: number;
}

export interface CacheParts {
  get: (ids: readonly string[]) => Promise<readonly Monitor[]>;
  clock: Clock;
  bounds?: CacheBounds;
  random?: () => number;
  /** Told of each query, with the number of its ids. */
  onLoad?: (ids: number) => void;
}

/** Monitors that tasks ask for: loaded in groups, kept until an event says otherwise, bounded; who was asked for longest ago goes first. */
export class MonitorCache implements MonitorListener {
  private readonly kept = new Map<string, Kept>();
  private readonly loader: GroupLoader<Monitor>;
  private chars = 0;
  /** Of queries under way: what an event told of meanwhile is not kept. */
  private readonly loads = new Set<{ isOld: (id: string) => boolean; forget: (id: string | null) => void }>();
  private readonly bounds: CacheBounds;

  constructor(private readonly parts: CacheParts) {
    this.bounds = parts.bounds ?? CACHE_BOUNDS;
    this.loader = new GroupLoader({
      load: (ids) => this.load(ids),
      lingerMs: LINGER_MS,
      most: MOST_IN_QUERY,
      clock: parts.clock,
    });
  }

  /** Null when there is none. @throws AppError of the store */
  get(id: string): Promise<Monitor | null> {
    const kept = this.kept.get(id);
    if (!kept) return this.loader.get(id);
    this.drop(id);
    if (kept.until <= this.parts.clock.monotonic()) return this.loader.get(id);
    this.keep(id, kept);
    return Promise.resolve(kept.monitor);
  }

  get size(): number {
    return this.kept.size;
  }

  onEvent(event: MonitorEvent): void {
    const id = event.type === 'monitor.deleted' ? event.id : event.monitor.id;
    this.drop(id);
    for (const load of this.loads) load.forget(id);
  }

  onGap(): void {
    this.kept.clear();
    this.chars = 0;
    for (const load of this.loads) load.forget(null);
  }

  private async load(ids: readonly string[]): Promise<ReadonlyMap<string, Monitor>> {
    const load = newLoad();
    this.loads.add(load);
    this.parts.onLoad?.(ids.length);
    try {
      const monitors = await this.parts.get(ids);
      for (const monitor of monitors) if (!load.isOld(monitor.id)) this.remember(monitor);
      return new Map(monitors.map((monitor) => [monitor.id, monitor]));
    } finally {
      this.loads.delete(load);
    }
  }

  private remember(monitor: Monitor): void {
    const { clock, random = Math.random } = this.parts;
    // Not all in the same moment again.
    const until = clock.monotonic() + this.bounds.ttlMs * (1 - random() / 4);
    this.drop(monitor.id);
    this.keep(monitor.id, { monitor, chars: charsOf(monitor), until });
    while (this.kept.size > this.bounds.most || (this.chars > this.bounds.mostChars && this.kept.size > 1))
      this.drop(this.kept.keys().next().value!);
  }

  /** As the last one asked for. */
  private keep(id: string, kept: Kept): void {
    this.kept.set(id, kept);
    this.chars += kept.chars;
  }

  private drop(id: string): void {
    const kept = this.kept.get(id);
    if (!kept) return;
    this.kept.delete(id);
    this.chars -= kept.chars;
  }
}

function newLoad() {
  const old = new Set<string>();
  let allOld = false;
  return {
    isOld: (id: string) => allOld || old.has(id),
    forget: (id: string | null) => {
      if (id === null) allOld = true;
      else old.add(id);
    },
  };
}

function charsOf({ name, config, tags }: Monitor): number {
  return 500 + name.length + tags.length * 20 + JSON.stringify(config).length;
}
