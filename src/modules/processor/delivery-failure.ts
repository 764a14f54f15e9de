import { AppError } from '../../core/errors.js';

/** Some sink did not take a message; those that did, or refused it for good, need not be asked again. */
export class DeliveryFailure extends Error {
  constructor(
    /** The one that decides what becomes of the message. */
    readonly error: AppError,
    /** As Progress.done: see sinkMark. */
    readonly done: readonly string[],
    readonly trace: string,
  ) {
    super(error.message, { cause: error });
    this.name = 'DeliveryFailure';
  }
}

/** What became of one sink's part: it has the message (no code), or refused it for good. */
export function sinkMark(sink: string, code?: string): string {
  return code === undefined ? sink : `${sink}:${code}`;
}

export function isMarked(done: readonly string[], sink: string): boolean {
  return done.some((mark) => mark === sink || mark.startsWith(`${sink}:`));
}

/** The marks of sinks that have the message. */
export function havingIt(done: readonly string[]): string[] {
  return done.filter((mark) => !mark.includes(':'));
}

/** An error for the first sink that refused the message in an earlier attempt; undefined when none did. */
export function earlierRefusal(done: readonly string[]): AppError | undefined {
  const mark = done.find((text) => text.includes(':'));
  if (mark === undefined) return undefined;
  const [sink] = mark.split(':');
  return new AppError('TARGET_REFUSED', `The ${sink} sink refused the message in an earlier attempt.`);
}
