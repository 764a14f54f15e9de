import { setTimeout as delay } from 'node:timers/promises';
import { asAppError } from '../../core/errors.js';
import type { SendService } from '../../gateway/send.service.js';
import type { AppendOutcome, NewRecord } from '../../ports/record-log.port.js';

const RETRY_MS = 10;

/**
 * Starts a send, waiting for room in the log's buffer for up to `patienceMs`: a stream is held up where a single
 * request would be answered 503. Resolves, in the buffer, to the promise of the outcomes.
 */
export async function startPatiently(
  sends: SendService,
  records: readonly NewRecord[],
  at: number,
  patienceMs: number,
): Promise<{ outcomes: Promise<readonly AppendOutcome[]> }> {
  if (records.length === 0) return { outcomes: Promise.resolve([]) };
  const end = performance.now() + patienceMs;
  for (;;) {
    try {
      const { answer } = await sends.start(records, at, undefined);
      return { outcomes: answer.then(({ outcomes }) => outcomes) };
    } catch (thrown) {
      const error = asAppError(thrown);
      if (error.code !== 'BUFFER_FULL' || performance.now() > end) {
        return { outcomes: Promise.resolve(records.map(() => ({ ok: false, error }))) };
      }
      await delay(RETRY_MS);
    }
  }
}
