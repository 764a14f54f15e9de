import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { AppConfig } from '../config/app-config.js';
import { ByteBudget } from '../core/byte-budget.js';
import { HttpSender } from '../core/http-sender.js';
import { Lifecycle } from './lifecycle.js';
import { PartHealth } from './part-health.js';
import { CONFIG, LOGGER } from './tokens.js';

/** How long an answer may take is for each request to say; no variable takes more, milliseconds. */
const MOST_MS = 600_000;

/** What every part may ask for: configuration, log, metrics, and whether the process stops. */
@Global()
@Module({})
export class ProcessModule {
  static forRoot(config: AppConfig, logger: Logger, metrics: Registry): DynamicModule {
    const providers = [
      { provide: CONFIG, useValue: config },
      { provide: LOGGER, useValue: logger },
      { provide: Registry, useValue: metrics },
      { provide: Lifecycle, useValue: new Lifecycle() },
      { provide: PartHealth, useValue: new PartHealth() },
      {
        provide: HttpSender,
        useValue: new HttpSender({ proxies: config.proxies, headersTimeoutMs: MOST_MS }),
      },
      // Of request bodies, however many requests there are.
      { provide: ByteBudget, useValue: new ByteBudget(config.http.bodiesLimit) },
    ];
    return { module: ProcessModule, providers, exports: providers };
  }
}
