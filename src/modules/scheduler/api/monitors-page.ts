import type { MonitorText } from './monitor-texts.js';

/** One page, JSON. A page has one monitor at least. */
const PAGE_CHARS = 4 * 1024 * 1024;

/** The answer of a list: it ends at `limit` monitors or at 4 MiB, whichever comes first; `next` is null on the last page. */
export async function monitorsPage(monitors: AsyncIterable<MonitorText>, limit: number): Promise<string> {
  const texts: string[] = [];
  let chars = 0;
  let last: string | null = null;
  let next: string | null = null;
  for await (const { id, text } of monitors) {
    chars += text.length;
    if (texts.length === limit || (chars > PAGE_CHARS && texts.length > 0)) {
      next = last;
      break;
    }
    texts.push(text);
    last = id;
  }
  return `{"monitors":[${texts.join(',')}],"next":${JSON.stringify(next)}}`;
}
