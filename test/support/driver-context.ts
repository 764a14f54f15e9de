import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { GatewaySettings } from '../../src/config/gateway-settings.js';
import type { DriverContext } from '../../src/drivers/define-driver.js';

export const gatewaySettings: GatewaySettings = {
  enrich: 'body',
  source: 'test',
  produceTimeoutMs: 15_000,
  readTimeoutMs: 15_000,
  batchMaxRecords: 10_000,
  streamStallMs: 30_000,
  streamIdleMs: 600_000,
  tailClients: 8,
  idempotencyTtlMs: 60_000,
  idempotencyMaxKeys: 1000,
};

/** What a driver is opened with in a test: a folder of its own, a silent log (TEST_LOG=debug lets it speak). */
export async function driverContext(gateway: Partial<GatewaySettings> = {}): Promise<DriverContext> {
  return {
    dataFolder: await mkdtemp(join(tmpdir(), 'carillon-')),
    gateway: { ...gatewaySettings, ...gateway },
    logger: pino({ level: process.env.TEST_LOG ?? 'silent' }),
    metrics: new Registry(),
  };
}
