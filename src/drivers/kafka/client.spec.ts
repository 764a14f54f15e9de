import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { pino } from 'pino';
import { clientFactory, dropSilentConnections } from './client.js';

describe('dropSilentConnections', () => {
  it('gives a connection up whose other end fell silent: kafkajs would go on waiting at it', async () => {
    const accepted: Socket[] = [];
    const server = createServer((socket) => void accepted.push(socket.resume())).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const brokers = [`127.0.0.1:${(server.address() as AddressInfo).port}`];
    const config = { brokers, requestTimeout: 200, connectionTimeout: 200 };
    const client = clientFactory({ Kafka, logLevel }, config, pino({ level: 'silent' }))();
    const admin = client.kafka.admin({ retry: { retries: 0 } });
    dropSilentConnections(admin, client);
    try {
      await expect(admin.connect()).rejects.toThrow();
      const signal = AbortSignal.timeout(3000);
      for (const socket of accepted) if (!socket.destroyed) await once(socket, 'close', { signal });
      expect(accepted.length).toBeGreaterThan(0);
    } finally {
      for (const socket of accepted) socket.destroy();
      server.close();
      await admin.disconnect();
    }
  });
});
