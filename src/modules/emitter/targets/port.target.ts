import type { EmitterSettings } from '../../../config/emitter-settings.js';
import { runCourse } from '../../../core/retry-course.js';
import type { EmitLimits, EmitMessage, EmitResult } from '../message.js';
import { coursePolicy, emitResult, type CourseContext } from './course.js';
import { judgePortAnswer, portAttempt, portLastAttempt } from './port-attempt.js';
import type { Sending } from './spared.target.js';

/** How one of our own ports takes a message. */
export interface PortWay {
  /** `topic t`. */
  shown: string;
  /** A message of unknown outcome may be sent a second time. */
  again: boolean;
  /** Resolves when the port has it. @throws AppError */
  give: (message: EmitMessage) => Promise<void>;
}

/** Messages for one of our own ports, with the attempts and the limits of HTTP. */
export class PortTarget implements Sending {
  readonly shown: string;
  readonly address: string;

  constructor(
    private readonly emitter: EmitterSettings,
    private readonly way: PortWay,
    private readonly context: CourseContext,
  ) {
    this.shown = way.shown;
    this.address = way.shown;
  }

  async send(message: EmitMessage, limits: EmitLimits): Promise<EmitResult> {
    const { clock } = this.context;
    const { signal } = limits;
    const { again, give } = this.way;
    const attempt = (mostMs: number) => {
      const timeoutMs = Math.min(this.emitter.timeoutMs, mostMs);
      return portAttempt(() => give(message), { timeoutMs, signal, clock });
    };
    const policy = coursePolicy(this.emitter.retry, limits, this.context);
    const course = await runCourse(attempt, (answer) => judgePortAnswer(answer, again), policy);
    return emitResult(course, portLastAttempt);
  }

  wasReached(): boolean {
    return true;
  }
}
