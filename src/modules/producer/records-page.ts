import { Pauses } from '../../core/pauses.js';
import type { RecordPage } from '../../ports/record-log.port.js';
import { storedRecordText } from './stored-record.js';

/** One page, JSON: bytes that are no text grow up to sixfold. A page has one record at least. */
const PAGE_CHARS = 8 * 1024 * 1024;

/** The answer of a read; it ends early where its text would be too long, and `next_offset` goes on there. */
export async function recordsPage({ records, nextOffset }: RecordPage): Promise<string> {
  const pauses = new Pauses();
  const texts: string[] = [];
  let chars = 0;
  let next = nextOffset;
  for (const record of records) {
    await pauses.ifDue();
    const text = storedRecordText(record);
    chars += text.length;
    if (chars > PAGE_CHARS && texts.length > 0) {
      next = record.offset;
      break;
    }
    texts.push(text);
  }
  return `{"records":[${texts.join(',')}],"next_offset":${next}}`;
}
