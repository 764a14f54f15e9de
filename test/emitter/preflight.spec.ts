import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/core/clock.js';
import { Preflight } from '../../src/modules/emitter/preflight.js';
import { newSender, newServer } from '../http-sender/posting.js';
import { hang, hangUp, status } from '../support/bad-server.js';
import { eventually } from '../support/eventually.js';
import { listeningLogger } from './emitting.js';

const { logger } = listeningLogger();

describe('a preflight to a real server', () => {
  it('passes when that answers 2xx at last', async () => {
    const server = await newServer();
    server.next = [hangUp, status(503), status(302, { location: '/other' })];
    const preflight = new Preflight('propagator', server.url('/health'), {
      sender: newSender(),
      clock: systemClock,
      logger,
    });
    expect(await preflight.passes(new AbortController().signal)).toBe(true);
    expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual(Array(4).fill('GET /health'));
  });

  it('is over at once on stop, though the server hangs', async () => {
    const server = await newServer();
    server.behave = hang;
    const stop = new AbortController();
    const preflight = new Preflight('propagator', server.url(), {
      sender: newSender(),
      clock: systemClock,
      logger,
    });
    const passed = preflight.passes(stop.signal);
    await eventually(() => expect(server.seen).toHaveLength(1));
    stop.abort();
    expect(await passed).toBe(false);
    await eventually(() => expect(server.openConnections).toBe(0));
  });
});
