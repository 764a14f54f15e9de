/** What this library refuses or finds; what ioredis throws passes through as it is. */
export class AsynqError extends Error {
  override name = 'AsynqError';
}

/** A task, server or worker record that cannot be read: `reason` says why, without any of its content. */
export class TaskDamagedError extends AsynqError {
  override name = 'TaskDamagedError';

  constructor(readonly reason: string) {
    super(`The record cannot be read: ${reason}.`);
  }
}

/** What was given cannot be: the message names the field and says what to write instead. Nothing was sent. */
export class InvalidInputError extends AsynqError {
  override name = 'InvalidInputError';
}

/** The fence's key does not hold the fence's holder: from this task on nothing was written. */
export class LeaseLostError extends AsynqError {
  override name = 'LeaseLostError';

  constructor(
    /** How many of the call's tasks, from its first on, were handled before: 0 unless it took several script calls. */
    readonly handled: number,
    total: number,
  ) {
    super(
      handled === 0
        ? 'The lease is not held any more: nothing was enqueued.'
        : `The lease was lost on the way: ${handled} of ${total} tasks were handled before, the rest was not enqueued.`,
    );
  }
}

/** A call of several script calls failed after its first ones, with `cause`; of the rest it is not known. */
export class CutShortError extends AsynqError {
  override name = 'CutShortError';

  constructor(
    /** How many of the call's tasks, from its first on, were handled before. */
    readonly handled: number,
    total: number,
    cause: unknown,
  ) {
    super(`${handled} of ${total} tasks were handled, then the call failed.`, { cause });
  }
}
