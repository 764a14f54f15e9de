import { AppError } from '../../../core/errors.js';
import type { Push } from '../../../ports/monitor-store.port.js';

/** What one check asks of the store: a store that is away says nothing of the target. */
export class AskedStore {
  private isAsking = false;
  private failure: { error: unknown } | null = null;

  constructor(private readonly load: () => Promise<Push | null>) {}

  readonly lastPush = async (): Promise<Push | null> => {
    this.isAsking = true;
    try {
      return await this.load();
    } catch (error) {
      this.failure = { error };
      throw error;
    } finally {
      this.isAsking = false;
    }
  };

  /** When the check is over. @throws what the store threw; AppError MONITOR_STORE_UNAVAILABLE when it has not answered yet */
  throwIfAway(): void {
    if (this.failure) throw this.failure.error;
    if (this.isAsking)
      throw new AppError(
        'MONITOR_STORE_UNAVAILABLE',
        'The store did not answer within the time of the check.',
      );
  }
}
