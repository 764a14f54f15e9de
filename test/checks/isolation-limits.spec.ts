import { createServer, type AddressInfo } from 'node:net';
import { observerTrouble } from '../../src/checks/outcome-of-error.js';
import { openTargetNet } from '../../src/checks/targets/open-target-net.js';
import { ResolverError } from '../../src/checks/targets/target-net.js';
import { eventually } from '../support/eventually.js';
import { logged, openPool, runOdd, stopPools } from '../support/odd-checks.js';

afterEach(stopPools);

it('gives the child none of the environment but what it is told to, and prints past no logger', async () => {
  process.env.CARILLON_TEST_SECRET = 'hunter2';
  try {
    const pool = openPool({ environment: { TZ: 'UTC' } });
    const seen = JSON.parse((await runOdd(pool, 'environment')).message) as Record<string, string>;
    const names = Object.keys(seen).filter((name) => !name.startsWith('NODE_CHANNEL_'));
    expect(names).toEqual(['TZ']);
    await runOdd(pool, 'print');
    await eventually(() => {
      for (const stream of ['stdout', 'stderr']) expect(logged(`to ${stream}`)).not.toEqual([]);
    });
  } finally {
    delete process.env.CARILLON_TEST_SECRET;
  }
}, 60_000);

describe('the addresses of a child', () => {
  it('are those that the parent resolved: no other connection is opened, not even past the net', async () => {
    let came = 0;
    const server = createServer((socket) => void ((came += 1), socket.destroy()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const pool = openPool({ net: openTargetNet({ level: 'public', allow: ['127.0.0.1'], deny: [] }) });
      const direct = () => runOdd(pool, 'connect', { config: { word: '127.0.0.1', ms: port } });
      expect(await direct()).toMatchObject({
        found: 'down',
        message: expect.stringContaining('was refused'),
      });
      const local = await runOdd(pool, 'connectUnix', { config: { word: '/tmp/any.sock' } });
      expect(local.message).toContain('was refused');
      expect(came).toBe(0);
      const allowed = await runOdd(pool, 'resolve', { config: { word: '127.0.0.1' } });
      expect(JSON.parse(allowed.message)).toEqual([{ address: '127.0.0.1', family: 4 }]);
      expect(await direct()).toMatchObject({ found: 'up' });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  }, 60_000);

  it.each([
    ['a forbidden address', '10.0.0.1', 'policy', 'unknown'],
    ['an unknown name', 'nobody.invalid', null, 'down'],
    ['a dead resolver', 'dead.example', 'dns', 'unknown'],
    ['no sockets', 'sockets.example', 'sockets', 'unknown'],
  ])(
    '%s: the error keeps its class and code',
    async (_, word, trouble, found) => {
      const policed = openTargetNet({ level: 'public', allow: [], deny: [] });
      const net = {
        resolve: async (host: string, signal: AbortSignal) => {
          if (host === 'dead.example') throw new ResolverError('the resolver fails');
          if (host === 'sockets.example') throw Object.assign(new Error('no more'), { code: 'EMFILE' });
          if (host === 'nobody.invalid') throw Object.assign(new Error('who?'), { code: 'ENOTFOUND' });
          return policed.resolve(host, signal);
        },
      };
      const pool = openPool({ net });
      let thrown: unknown;
      const outcome = await runOdd(pool, 'resolve', {
        config: { word },
        onError: (error) => (thrown = error),
      });
      expect(outcome.found).toBe(found);
      expect(observerTrouble(thrown)).toBe(trouble);
      if (trouble === 'policy') expect(outcome.message).toContain('CHECK_TARGETS=public');
    },
    60_000,
  );
});
