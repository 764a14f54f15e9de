import type { Monitor, MonitorFilter, MonitorStore } from '../../../ports/monitor-store.port.js';

/** Configs of one page. A page has one monitor at least. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** Monitors read at once: their configs may be of 60 KB each. */
const STEP = 100;

/** Monitors in the order of their ids, and the cursor of the next page; null where this is the last. */
export interface MonitorsPage {
  monitors: Monitor[];
  next: string | null;
}

/** A page that ends at `limit` monitors or at 4 MiB of configs, whichever comes first. */
export async function monitorsPage(
  store: Pick<MonitorStore, 'page'>,
  filter: MonitorFilter,
  after: string | null,
  limit: number,
): Promise<MonitorsPage> {
  const monitors: Monitor[] = [];
  let bytes = 0;
  for (;;) {
    const most = Math.min(STEP, limit - monitors.length);
    const found = await store.page(filter, monitors.at(-1)?.id ?? after, most + 1);
    for (const monitor of found.slice(0, most)) {
      bytes += JSON.stringify(monitor.config).length;
      if (bytes > PAGE_BYTES && monitors.length > 0) return withNext(monitors);
      monitors.push(monitor);
    }
    if (found.length <= most) return { monitors, next: null };
    if (monitors.length === limit) return withNext(monitors);
  }
}

function withNext(monitors: Monitor[]): MonitorsPage {
  return { monitors, next: monitors.at(-1)?.id ?? null };
}
