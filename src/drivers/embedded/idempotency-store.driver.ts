import { systemClock } from '../../core/clock.js';
import { IdempotencyStore } from '../../ports/idempotency-store.port.js';
import { defineDriver } from '../define-driver.js';
import { Database } from './database.js';
import { embeddedVariables } from './embedded.variables.js';
import { EmbeddedIdempotencyStore } from './idempotency-store.js';

const SWEEP_EVERY_MS = 10_000;

export default defineDriver({
  name: 'embedded',
  port: IdempotencyStore,
  address: [],
  variables: embeddedVariables,
  async open(options, context) {
    return new EmbeddedIdempotencyStore(await Database.open(options, context), {
      timeoutMs: context.gateway.produceTimeoutMs,
      sweepEveryMs: SWEEP_EVERY_MS,
      clock: systemClock,
      logger: context.logger,
    });
  },
});
