import type { Logger } from 'pino';
import type { EmitterSettings, TargetSettings } from '../../../config/emitter-settings.js';
import { FailureLog } from '../../../core/failure-log.js';
import { undici } from '../../../core/http-client.js';
import type { HttpResult } from '../../../core/http-message.js';
import { sendWithRetries } from '../../../core/http-retry.js';
import type { HttpSender } from '../../../core/http-sender.js';
import type { EmitLimits, EmitMessage, EmitResult } from '../message.js';
import { coursePolicy, emitResult, type CourseContext, type LastAttempt } from './course.js';
import { requestOf, type RequestShape } from './http-request.js';
import type { Sending } from './spared.target.js';

export interface HttpTargetContext extends CourseContext {
  sender: Pick<HttpSender, 'send'>;
  logger: Logger;
}

/** Requests to one URL, each message with its `Idempotency-Key` until it is delivered, refused or given up. */
export class HttpTarget implements Sending {
  readonly shown: string;
  /** Whom the answers come from. */
  readonly address: string;
  private readonly shape: RequestShape;
  private readonly surprises: FailureLog;

  constructor(
    private readonly emitter: EmitterSettings,
    { url, method, headers }: Extract<TargetSettings, { kind: 'http' }>,
    private readonly context: HttpTargetContext,
  ) {
    undici(); // its first message is not to be late by the loading
    const { name, timeoutMs, signingSecret } = emitter;
    this.shape = { url, method, headers, timeoutMs, signingSecret };
    this.shown = `${method} ${url.origin}`;
    this.address = url.origin;
    const what = `Emitter ${name}: the target answers something else than 201, taken as delivered`;
    this.surprises = new FailureLog(context.logger, what, () => context.clock.now(), 'warn');
  }

  async send(message: EmitMessage, limits: EmitLimits): Promise<EmitResult> {
    const { sender, clock } = this.context;
    const request = () => requestOf(this.shape, message, clock.now(), limits.signal);
    const policy = coursePolicy(this.emitter.retry, limits, this.context);
    const result = emitResult(await sendWithRetries(sender, request, policy), lastAttempt);
    if (this.emitter.expects201 && result.end === 'delivered') this.lookAt(result);
    return result;
  }

  /** What cannot be sent at all (refused without an answer) says nothing about the target. */
  wasReached({ status }: EmitResult): boolean {
    return status !== null;
  }

  private lookAt({ status }: EmitResult): void {
    if (status === 201) this.surprises.succeeded();
    else this.surprises.failed(`it answered ${status}`);
  }
}

function lastAttempt(last: HttpResult): LastAttempt {
  const { latencyMs } = last;
  if (last.kind === 'answer') return { what: `answered ${last.status}`, status: last.status, latencyMs };
  return { what: `${last.code}: ${last.reason}`, status: null, latencyMs };
}
