import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Monitor, MonitorFilter, MonitorStore } from '../../../ports/monitor-store.port.js';

/** Monitors fetched at once, JSON: some hundred kilobytes, since a config may have 60 KB. */
const FETCH_CHARS = 512 * 1024;
const FETCH = { first: 8, least: 4, most: 100 };

/** A monitor as JSON text. */
export interface MonitorText {
  id: string;
  text: string;
}

/** Monitors in the order of their ids; the larger they are the fewer are in memory at once. */
export async function* monitorTexts(
  store: Pick<MonitorStore, 'page'>,
  filter: MonitorFilter,
  after: string | null,
  view: (monitor: Monitor) => unknown,
): AsyncGenerator<MonitorText> {
  let count = FETCH.first;
  for (let last = after; ;) {
    // Sockets are served in between: without it, all fetches of several requests can run in one turn of the event loop.
    await nextTurn();
    const found = await store.page(filter, last, count);
    let chars = 0;
    for (const monitor of found) {
      const text = JSON.stringify(view(monitor));
      chars += text.length;
      yield { id: monitor.id, text };
    }
    if (found.length < count) return;
    last = found.at(-1)?.id ?? null;
    const fitting = Math.floor((FETCH_CHARS * found.length) / chars);
    count = Math.min(Math.max(fitting, FETCH.least), FETCH.most);
  }
}
