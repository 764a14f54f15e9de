import type { EmitterSettings, TargetSettings } from '../../../config/emitter-settings.js';
import { runCourse } from '../../../core/retry-course.js';
import type { MessageExchange } from '../../../ports/message-exchange.port.js';
import type { EmitLimits, EmitMessage, EmitResult } from '../message.js';
import { coursePolicy, emitResult, type CourseContext } from './course.js';
import { judgePortAnswer, portAttempt, portLastAttempt } from './port-attempt.js';
import type { Sending } from './spared.target.js';

/** Messages of one exchange. Sent again where nobody knows: consumers tell a double by its message id, which is the key. */
export class ExchangeTarget implements Sending {
  readonly shown: string;
  readonly address: string;

  constructor(
    private readonly emitter: EmitterSettings,
    private readonly settings: Extract<TargetSettings, { kind: 'exchange' }>,
    private readonly exchange: Pick<MessageExchange, 'publish'>,
    private readonly context: CourseContext,
  ) {
    this.shown = `exchange ${settings.exchange}`;
    this.address = this.shown;
  }

  async send(message: EmitMessage, limits: EmitLimits): Promise<EmitResult> {
    const { clock } = this.context;
    const { signal } = limits;
    const attempt = (mostMs: number) => {
      const timeoutMs = Math.min(this.emitter.timeoutMs, mostMs);
      return portAttempt(() => this.publish(message), { timeoutMs, signal, clock });
    };
    const policy = coursePolicy(this.emitter.retry, limits, this.context);
    const course = await runCourse(attempt, (answer) => judgePortAnswer(answer, true), policy);
    return emitResult(course, portLastAttempt);
  }

  wasReached(): boolean {
    return true;
  }

  private async publish({ key, body }: EmitMessage): Promise<void> {
    const { exchange, routingKey, headers } = this.settings;
    await this.exchange.publish({
      exchange,
      routingKey,
      body: Buffer.from(body),
      messageId: key,
      contentType: 'application/json',
      headers,
      timestamp: this.context.clock.now(),
    });
  }
}
