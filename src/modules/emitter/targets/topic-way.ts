import type { TargetSettings } from '../../../config/emitter-settings.js';
import type { Clock } from '../../../core/clock.js';
import { AppError } from '../../../core/errors.js';
import type { RecordLog } from '../../../ports/record-log.port.js';
import type { EmitMessage } from '../message.js';
import type { PortWay } from './port.target.js';

/**
 * Records of one topic. A log knows no keys of ours: what may be there already is not sent a second time, it is given
 * up with that doubt.
 */
export function topicWay(
  { topic, key, headers }: Extract<TargetSettings, { kind: 'topic' }>,
  log: Pick<RecordLog, 'append'>,
  clock: Clock,
): PortWay {
  const give = async ({ key: messageKey, body }: EmitMessage) => {
    const record = { topic, partition: null, key, value: body, timestamp: clock.now() };
    const [outcome] = await log.append([
      { ...record, headers: { ...headers, 'idempotency-key': messageKey } },
    ]);
    if (!outcome) throw new AppError('INTERNAL', 'The record log told no outcome.');
    if (!outcome.ok) throw outcome.error;
  };
  return { shown: `topic ${topic}`, again: false, give };
}
