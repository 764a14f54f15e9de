import type { Logger } from 'pino';
import type { Clock } from '../../core/clock.js';
import type { AdminLink } from './admin-link.js';
import { rootOf } from './kafka-error.js';

/** Long enough for Kafka to give up a member that was cut off. */
const DELAYS_MS = [0, 300, 1000, 3000, 6000, 10_000, 15_000, 20_000];
const GROUP_ID_NOT_FOUND = 69;

/** Deletes the groups that readers leave behind, in the background. */
export class GroupCleaner {
  private readonly pending = new Map<string, Promise<void>>();

  constructor(
    private readonly admin: AdminLink,
    private readonly logger: Logger,
    private readonly clock: Clock,
    /** Ends the waiting between tries. */
    private readonly signal: AbortSignal,
  ) {}

  delete(groupId: string): void {
    const deleted = this.tryToDelete(groupId).finally(() => this.pending.delete(groupId));
    this.pending.set(groupId, deleted);
  }

  get left(): readonly string[] {
    return [...this.pending.keys()];
  }

  /** Resolves when none is left; groups that could not be deleted were logged. */
  async settled(): Promise<void> {
    while (this.pending.size > 0) await Promise.all(this.pending.values());
  }

  private async tryToDelete(groupId: string): Promise<void> {
    let last: unknown;
    for (const delay of DELAYS_MS) {
      if (delay > 0) await this.clock.sleep(delay, this.signal);
      if (this.signal.aborted) break;
      try {
        await this.admin.use((admin) => admin.deleteGroups([groupId]));
        return;
      } catch (error) {
        if (isGone(error)) return;
        last = error;
        this.admin.renew(); // it may hold topics that are gone, and fail for them
      }
    }
    const reason = last === undefined ? 'no time was left' : rootOf(last).message;
    this.logger.warn(
      { groupId },
      `A reader's consumer group was left at Kafka, which forgets it later: ${reason}`,
    );
  }
}

function isGone(error: unknown): boolean {
  const { groups } = rootOf(error) as Error & { groups?: { errorCode?: number }[] };
  return groups?.every(({ errorCode }) => errorCode === GROUP_ID_NOT_FOUND) ?? false;
}
