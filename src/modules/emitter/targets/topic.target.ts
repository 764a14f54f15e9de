import type { EmitterSettings, TargetSettings } from '../../../config/emitter-settings.js';
import { AppError } from '../../../core/errors.js';
import { runCourse } from '../../../core/retry-course.js';
import type { RecordLog } from '../../../ports/record-log.port.js';
import type { EmitLimits, EmitMessage, EmitResult } from '../message.js';
import { coursePolicy, emitResult, type CourseContext } from './course.js';
import { judgePortAnswer, portAttempt, portLastAttempt } from './port-attempt.js';
import type { Sending } from './spared.target.js';

/**
 * Records of one topic. A log knows no keys of ours: what may be there already is not sent a second time, it is given
 * up with that doubt.
 */
export class TopicTarget implements Sending {
  readonly shown: string;
  readonly address: string;

  constructor(
    private readonly emitter: EmitterSettings,
    private readonly settings: Extract<TargetSettings, { kind: 'topic' }>,
    private readonly log: Pick<RecordLog, 'append'>,
    private readonly context: CourseContext,
  ) {
    this.shown = `topic ${settings.topic}`;
    this.address = this.shown;
  }

  async send(message: EmitMessage, limits: EmitLimits): Promise<EmitResult> {
    const { clock } = this.context;
    const { signal } = limits;
    const attempt = (mostMs: number) => {
      const timeoutMs = Math.min(this.emitter.timeoutMs, mostMs);
      return portAttempt(() => this.append(message), { timeoutMs, signal, clock });
    };
    const policy = coursePolicy(this.emitter.retry, limits, this.context);
    const course = await runCourse(attempt, (answer) => judgePortAnswer(answer, false), policy);
    return emitResult(course, portLastAttempt);
  }

  wasReached(): boolean {
    return true;
  }

  private async append({ key: messageKey, body }: EmitMessage): Promise<void> {
    const { topic, key, headers } = this.settings;
    const record = { topic, partition: null, key, value: body, timestamp: this.context.clock.now() };
    const [outcome] = await this.log.append([
      { ...record, headers: { ...headers, 'idempotency-key': messageKey } },
    ]);
    if (!outcome) throw new AppError('INTERNAL', 'The record log told no outcome.');
    if (!outcome.ok) throw outcome.error;
  }
}
