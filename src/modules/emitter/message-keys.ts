import { randomUUID } from 'node:crypto';
import type { EmitterSettings } from '../../config/emitter-settings.js';
import { datetimeKey } from './datetime-key.js';

/**
 * What a message's key is made of. On a grid that all replicas share (a cron line, the epoch) the same tick has the
 * same key in all of them, so that a target that knows keys takes it once. A grid of this process's own has keys of
 * its own.
 */
export class MessageKeys {
  private readonly own = randomUUID().slice(0, 8);

  constructor(private readonly settings: Pick<EmitterSettings, 'name' | 'schedule' | 'payload'>) {}

  ofTick(plannedAt: number): string {
    const { name, schedule, payload } = this.settings;
    if (payload.kind === 'datetime') return datetimeKey(payload.environment, plannedAt);
    const isShared = schedule.kind === 'cron' || (schedule.kind === 'every' && schedule.onEpoch);
    return isShared ? `${name}-${plannedAt}` : `${name}-${this.own}-${plannedAt}`;
  }

  ofTrigger(): string {
    return `${this.settings.name}-${randomUUID()}`;
  }
}
