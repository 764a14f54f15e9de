import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { HttpRoutes } from '../../src/core/http-routes.js';
import { DEFAULT_HTTP_LIMITS } from '../../src/core/http-limits.js';
import {
  answerAndReset,
  endlessBody,
  hang,
  slowBody,
  status,
  type BadServer,
} from '../support/bad-server.js';
import { eventually } from '../support/eventually.js';
import { answered, failure, newSender, newServer, post } from './posting.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is still held, bytes: heap and buffers. */
function heldBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

let server: BadServer;

beforeEach(async () => {
  server = await newServer();
});

describe('connections', () => {
  it.each(['fin', 'rst'] as const)(
    'that the server closed between two requests (%s) are replaced',
    async (how) => {
      const sender = newSender();
      for (let i = 0; i < 5; i += 1) {
        expect(answered(await sender.send(post(server.url()))).status).toBe(200);
        server.cutConnections(how);
        await eventually(() => expect(server.openConnections).toBe(0));
      }
      expect(server.seen).toHaveLength(5);
    },
  );

  it('that the server resets as the next request may be on its way lose nothing in silence', async () => {
    const sender = newSender();
    server.behave = answerAndReset;
    const results = [];
    for (let i = 0; i < 40; i += 1) {
      results.push(await sender.send(post(server.url())));
      await new Promise((resolve) => setTimeout(resolve, 17 + (i % 8))); // around the 20 ms after which it resets
    }
    for (const result of results) {
      if (result.kind === 'answer') expect(result.status).toBe(200);
      else expect(result).toMatchObject({ code: 'RESET', mayHaveArrived: true });
    }
    expect(results.filter(({ kind }) => kind === 'answer').length).toBeGreaterThan(0);
  });

  it('are closed before a server that says so would', async () => {
    server.behave = status(200, { connection: 'keep-alive', 'keep-alive': 'timeout=1' });
    const sender = newSender();
    for (let i = 0; i < 3; i += 1) await sender.send(post(server.url()));
    expect(new Set(server.seen.map(({ connection }) => connection)).size).toBe(3);
  });

  it('are few, for any number of requests, and memory stays flat', async () => {
    const sender = newSender({ maxConnectionsPerOrigin: 8 });
    server.behave = status(200, {}, 'x'.repeat(5000));
    const body = Buffer.alloc(20_000, 'y');
    const { signal } = new AbortController(); // one for all, as a stopping service has it
    const sendMany = async (count: number) => {
      const results = await Promise.all(
        Array.from({ length: count }, () =>
          sender.send(post(server.url(), { body, signal, timeoutMs: 60_000 })),
        ),
      );
      expect(results.filter((result) => result.kind === 'answer' && result.status === 200)).toHaveLength(
        count,
      );
      server.seen.length = 0; // the server remembers bodies
    };
    await sendMany(1000);
    const before = heldBytes();
    for (let i = 0; i < 10; i += 1) await sendMany(1000);
    expect(server.connections).toBeLessThanOrEqual(8);
    expect(sender.inFlight).toBe(0);
    // 10,000 kept beginnings of answers would be 20 MB.
    await eventually(() => expect(heldBytes() - before).toBeLessThan(5_000_000));
  }, 60_000);

  it('are one, for requests one after the other', async () => {
    const sender = newSender();
    for (let i = 0; i < 50; i += 1) await sender.send(post(server.url()));
    expect(server.connections).toBe(1);
  });

  it('end with the request that was given up, and none is opened in their place', async () => {
    const sender = newSender();
    server.next = [hang, endlessBody];
    expect(await sender.send(post(server.url(), { timeoutMs: 80 }))).toMatchObject({ kind: 'failed' });
    expect(await sender.send(post(server.url()))).toMatchObject({ kind: 'answer', bodyComplete: false });
    await eventually(() => expect(server.openConnections).toBe(0), 1000);
    expect(server.connections).toBe(2);
  });

  it('are waited for in order, by so many and no more', async () => {
    const sender = newSender({ maxConnectionsPerOrigin: 1, maxWaitingPerOrigin: 2 });
    server.behave = slowBody(2, 10);
    const results = await Promise.all(
      [1, 2, 3, 4].map((n) => sender.send(post(server.url(), { body: String(n) }))),
    );
    expect(results.map(({ kind }) => kind)).toEqual(['answer', 'answer', 'answer', 'failed']);
    expect(failure(results[3]!)).toMatchObject({ code: 'BUSY', mayHaveArrived: false });
    expect(server.seen.map(({ body }) => body)).toEqual(['1', '2', '3']);
  });

  it('waited for in vain cost the target nothing', async () => {
    const sender = newSender({ maxConnectionsPerOrigin: 1 });
    server.next = [hang];
    const first = sender.send(post(server.url(), { timeoutMs: 300 }));
    const others = Array.from({ length: 50 }, () => sender.send(post(server.url(), { timeoutMs: 100 })));
    for (const result of await Promise.all(others)) {
      expect(failure(result)).toMatchObject({ code: 'TIMEOUT', mayHaveArrived: false });
    }
    expect(failure(await first)).toMatchObject({ code: 'TIMEOUT', mayHaveArrived: true });
    expect(answered(await sender.send(post(server.url()))).status).toBe(200);
    expect({ seen: server.seen.length, opened: server.connections }).toEqual({ seen: 2, opened: 2 });
  });

  it('are kept for a bounded number of origins', async () => {
    const routes = new HttpRoutes({ ...DEFAULT_HTTP_LIMITS, maxOrigins: 3 }, {}, undefined);
    const busy = routes.to(new URL('http://busy.example/'));
    busy.connections.enter(() => undefined);
    for (let i = 0; i < 20; i += 1) routes.to(new URL(`http://h${i}.example/`));
    expect(routes.size).toBe(3);
    expect(routes.to(new URL('http://busy.example/other'))).toBe(busy);
    await routes.destroy();
  });
});

describe('close', () => {
  it('waits for what is under way, and takes nothing new', async () => {
    const sender = newSender();
    server.behave = slowBody(5, 20);
    const sent = sender.send(post(server.url()));
    const closed = sender.close(5000);
    const late = failure(await sender.send(post(server.url())));
    expect(late).toMatchObject({ code: 'CLOSED', mayHaveArrived: false });
    expect(answered(await sent)).toMatchObject({ status: 200, bodyComplete: true });
    expect(await closed).toBe(0);
    await eventually(() => expect(server.openConnections).toBe(0));
  });

  it('cuts off what is not over in time, and says how many', async () => {
    const sender = newSender({ maxConnectionsPerOrigin: 1 });
    server.behave = hang;
    const sent = [sender.send(post(server.url())), sender.send(post(server.url()))];
    await eventually(() => expect(server.seen).toHaveLength(1));
    expect(await sender.close(50)).toBe(2);
    expect(failure(await sent[0]!)).toMatchObject({ code: 'CLOSED', mayHaveArrived: true });
    expect(failure(await sent[1]!)).toMatchObject({ code: 'CLOSED', mayHaveArrived: false });
    await eventually(() => expect(server.openConnections).toBe(0));
  });

  it('does not wait for idle connections, and can be called twice', async () => {
    const sender = newSender();
    await sender.send(post(server.url()));
    expect(await Promise.all([sender.close(10_000), sender.close(10_000)])).toEqual([0, 0]);
    await eventually(() => expect(server.openConnections).toBe(0));
  });
});
