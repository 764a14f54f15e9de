import { Inject, Injectable } from '@nestjs/common';
import type { AppConfig } from '../../../config/app-config.js';
import { MonitorStore } from '../../../ports/monitor-store.port.js';
import { CONFIG } from '../../../process/tokens.js';
import type { Checks } from './fields/check-config.js';
import type { FieldRules } from './fields/read-fields.js';
import { CHECKS } from './tokens.js';

/** What monitors are checked against in this process. */
@Injectable()
export class Rules implements FieldRules {
  constructor(
    @Inject(CHECKS) readonly checks: Checks,
    private readonly store: MonitorStore,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'scheduler'>,
  ) {}

  get timezone(): string {
    return this.config.scheduler.timezone;
  }

  isId(id: string): boolean {
    return this.store.isId(id);
  }
}
