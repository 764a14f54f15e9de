import type { AppError } from '../core/errors.js';

/**
 * What every port has in common. A port is an abstract class: the type and the injection token at once.
 *
 * The process owns its ports: DriversModule opens each once, shares it between the parts and closes it on stop.
 * A driver connects by itself and reconnects for ever: opening does not wait for a server, and does not fail
 * because one is away.
 */
export abstract class Port {
  /** The driver's name as `/health` and the log show it: `embedded`, `kafka`, ... */
  abstract readonly driver: string;

  /** Why writes fail although it answers, such as a full disk; null when they do not, or nobody knows. */
  get writeTrouble(): AppError | null {
    return null;
  }

  /** Resolves when the other end answers over the connection that is in use; rejects with an AppError. */
  abstract ping(): Promise<void>;

  /**
   * Takes no more work, finishes what was taken, and closes the connection.
   * Resolves with what was left undone when `deadlineMs` (milliseconds from now) ran out, else with null.
   */
  abstract close(deadlineMs: number): Promise<string | null>;
}

/** A port's class, as a key: abstract, so it can name what it cannot construct. */
export type PortClass<P extends Port = Port> = abstract new (...args: never[]) => P;
