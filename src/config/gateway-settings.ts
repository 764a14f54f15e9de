/** What `producer` and `batch` promise. Times in milliseconds, sizes in bytes. */
export interface GatewaySettings {
  enrich: 'body' | 'headers' | 'off';
  source: string;
  produceTimeoutMs: number;
  readTimeoutMs: number;
  batchMaxRecords: number;
  streamStallMs: number;
  streamIdleMs: number;
  tailClients: number;
  idempotencyTtlMs: number;
  idempotencyMaxKeys: number;
}
