import type { Clock } from '../../../core/clock.js';
import { asAppError, type AppError } from '../../../core/errors.js';
import type { RecordLog } from '../../../ports/record-log.port.js';
import type { Sendable } from './alert-message.js';
import type { AlertWay, WayEnd } from './alert-way.js';

export interface TopicParts {
  topic: string;
  log: Pick<RecordLog, 'append'>;
  clock: Clock;
}

/** Appends alerts to a topic, keyed by the monitor, so that those of one monitor keep their order. */
export class TopicWay implements AlertWay {
  readonly name = 'ALERT_TOPIC';

  constructor(private readonly parts: TopicParts) {}

  async send({ id, monitorId, body }: Sendable): Promise<WayEnd> {
    const { topic, log, clock } = this.parts;
    const headers = { 'content-type': 'application/json', 'x-alert-id': id };
    const record = { topic, partition: null, key: monitorId, value: body, headers, timestamp: clock.now() };
    try {
      const [outcome] = await log.append([record]);
      if (outcome?.ok) return { end: 'sent' };
      return failed(outcome?.error ?? asAppError(new Error('no outcome')));
    } catch (error) {
      return failed(asAppError(error));
    }
  }
}

/** Twice in the topic is better than not at all: `x-alert-id` is the same. */
function failed({ message }: AppError): WayEnd {
  return { end: 'retry', reason: message.replace(/\.$/, ''), afterMs: null };
}
