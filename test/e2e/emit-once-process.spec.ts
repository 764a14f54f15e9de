import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BadServer, hang, status, type Behaviour } from '../support/bad-server.js';
import { emitOnce, startOnce } from '../support/emit-once.js';
import { eventually } from '../support/eventually.js';

const created = status(201, {}, '{"message":"stored","data":{"id":1}}');

let server: BadServer;

beforeEach(async () => {
  server = await BadServer.listen();
  server.behave = created;
});
afterEach(() => server.close());

function environment(more: Record<string, string> = {}): Record<string, string> {
  return { API_URL: server.url('/').href, ENVIRONMENT: 'test', RETRY_DELAY: '0', ...more };
}

describe('SIGTERM', () => {
  it('ends a wait at once with 69 and a line that says so', async () => {
    server.behave = status(500);
    const run = await startOnce(environment({ RETRY_DELAY: '3600' }));
    await eventually(() => expect(run.log().at(-1)).toMatchObject({ status: 500 }));
    run.child.kill('SIGTERM');
    expect((await run.ended).code).toBe(69);
    expect(run.log().at(-1)).toMatchObject({ end: 'given up', attempts: 1 });
    expect(run.log().at(-1)?.msg).toContain('stopped by a signal');
    expect(server.seen).toHaveLength(1);
  });

  it('leaves an attempt under way the time for its answer', async () => {
    let answer: () => void = () => undefined;
    server.behave = (response, request) => (answer = () => created(response, request));
    const run = await startOnce(environment());
    await eventually(() => expect(server.seen).toHaveLength(1));
    run.child.kill('SIGTERM');
    await eventually(() => expect(run.log().at(-1)).toMatchObject({ signal: 'SIGTERM' }));
    answer();
    expect((await run.ended).code).toBe(0);
  });

  it('cuts off an attempt that goes on for longer, long before its timeout', async () => {
    server.behave = hang;
    const run = await startOnce(environment());
    await eventually(() => expect(server.seen).toHaveLength(1));
    run.child.kill('SIGTERM');
    expect((await run.ended).code).toBe(69);
    expect(run.log().at(-1)).toMatchObject({ attempts: 1, mayHaveArrived: true });
  });
});

describe('npm run emit:once', () => {
  it.each<[number, Record<string, string>, Behaviour]>([
    [0, {}, created],
    [65, {}, status(400)],
    [69, { MAX_RETRIES: '1' }, status(500)],
    [78, { ENVIRONMENT: 'x' }, created],
  ])(
    'passes %i on',
    async (code, more, behaviour) => {
      server.behave = behaviour;
      expect((await emitOnce(environment(more), { npm: true })).code).toBe(code);
    },
    60_000,
  );
});
