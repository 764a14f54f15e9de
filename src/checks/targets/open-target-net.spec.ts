import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { selfSigned } from '../../../test/support/certificate.js';
import { startDnsServer, type DnsAnswer, type TestDnsServer } from '../../../test/support/dns-server.js';
import { eventually } from '../../../test/support/eventually.js';
import { openTargetNet } from './open-target-net.js';
import { HostsFile } from './system-names.js';
import type { TargetNet } from './target-net.js';

const never = new AbortController().signal;
const NO_HOSTS = new HostsFile('/nowhere/hosts');

describe('openTargetNet', () => {
  const open: Server[] = [];
  const sockets = new Set<Socket>();
  let dns: TestDnsServer | undefined;

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all(open.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
    await dns?.close();
    dns = undefined;
  });

  async function listening(server: Server = createServer()): Promise<number> {
    open.push(server);
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  async function netWith(
    answerTo: (name: string) => DnsAnswer,
    { allow = ['127.0.0.1'], level = 'public' }: { allow?: string[]; level?: 'public' | 'any' } = {},
  ): Promise<TargetNet> {
    dns = await startDnsServer(answerTo);
    return openTargetNet(
      { level, allow, deny: [] },
      { servers: [dns.server], hosts: NO_HOSTS, queryMs: 200 },
    );
  }

  it('connects to the address that it checked, asking no second time: rebinding wins nothing', async () => {
    const port = await listening();
    // Whoever looked the name up a second time would be led to another place.
    const net = await netWith(() => (dns?.asked.length === 1 ? ['127.0.0.1'] : ['127.0.0.2']));
    const socket = await net.connect({ host: 'rebinding.example', port, signal: never });
    expect(socket.remoteAddress).toBe('127.0.0.1');
    expect(dns?.asked).toEqual(['rebinding.example']);
    socket.destroy();
  });

  it('checks what a name resolves to on every connection', async () => {
    const port = await listening();
    let address = '127.0.0.1';
    const net = await netWith(() => [address]);
    (await net.connect({ host: 'moves.example', port, signal: never })).destroy();
    address = '127.0.0.2';
    await eventually(() =>
      expect(net.connect({ host: 'moves.example', port, signal: never })).rejects.toMatchObject({
        name: 'TargetForbiddenError',
        message: expect.stringContaining(
          'moves.example (127.0.0.2) may not be asked with CHECK_TARGETS=public',
        ),
      }),
    );
  });

  it('passes over the addresses that are not allowed', async () => {
    const port = await listening();
    const net = await netWith(() => ['10.0.0.1', '127.0.0.1', '169.254.169.254']);
    expect(await net.resolve('mixed.example', never)).toEqual([{ address: '127.0.0.1', family: 4 }]);
    (await net.connect({ host: 'mixed.example', port, signal: never })).destroy();
  });

  it.each([
    '2130706433',
    '0x7f.1',
    '127.1',
    '[::ffff:127.0.0.1]',
    '::ffff:7f00:1',
    '169.254.169.254',
    'localhost',
    '0',
  ])('refuses the literal %s', async (host) => {
    const net = openTargetNet({ level: 'public', allow: [], deny: [] });
    await expect(net.connect({ host, port: 80, signal: never })).rejects.toThrow('CHECK_TARGETS=public');
    await expect(net.resolve(host, never)).rejects.toThrow('CHECK_ALLOW');
  });

  it('goes to the next address when the first refuses', async () => {
    const port = await listening();
    const net = await netWith(() => ['127.0.0.9', '127.0.0.1'], { level: 'any' });
    const socket = await net.connect({ host: 'two.example', port, signal: never });
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
  });

  it('tells a refused connection and an unknown name by their codes', async () => {
    const net = await netWith((name) => (name === 'here.example' ? ['127.0.0.1'] : 'unknown'));
    await expect(net.connect({ host: 'here.example', port: 1, signal: never })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    await expect(net.resolve('gone.example', never)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(net.resolve('no host', never)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('blames the target when only its name servers fail, and the observer when all do', async () => {
    let isDead = false;
    const net = await netWith((name) => (isDead || name.startsWith('broken') ? 'failure' : ['127.0.0.1']));
    await expect(net.resolve('broken.example', never)).rejects.toMatchObject({ code: 'ESERVFAIL' });
    isDead = true;
    const dead = openTargetNet(
      { level: 'any', allow: [], deny: [] },
      { servers: [dns!.server], hosts: NO_HOSTS, queryMs: 200 },
    );
    await expect(dead.resolve('fine.example', never)).rejects.toMatchObject({
      name: 'ResolverError',
      message: expect.stringContaining('ESERVFAIL'),
    });
  });

  it('is not held up by a name whose servers are silent, and lets go of it at once', async () => {
    const net = await netWith((name) => (name.startsWith('silent') ? 'silence' : ['127.0.0.1']));
    const given = new AbortController();
    const silent = Array.from({ length: 50 }, (_, i) => net.resolve(`silent${i}.example`, given.signal));
    const outcomes = Promise.allSettled(silent);
    expect(await net.resolve('well.example', never)).toHaveLength(1);
    given.abort(new Error('time is over'));
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'time is over' } });
    }
  });

  it('fails fast once the resolver is known to be dead, and goes on with the addresses that it knew', async () => {
    let isDead = false;
    const net = await netWith(() => (isDead ? 'silence' : ['127.0.0.1']));
    await net.resolve('known.example', never);
    isDead = true;
    for (let i = 0; i < 3; i += 1) {
      await expect(net.resolve(`new${i}.example`, never)).rejects.toMatchObject({ name: 'ResolverError' });
    }
    const begun = performance.now();
    await expect(net.resolve('later.example', never)).rejects.toMatchObject({
      message: expect.stringContaining('(no answer)'),
    });
    expect(performance.now() - begun).toBeGreaterThan(250);
    // Its second is over.
    await eventually(async () => {
      const before = dns?.asked.length;
      expect(await net.resolve('known.example', never)).toHaveLength(1);
      expect(dns?.asked.length).toBeGreaterThan(before ?? 0);
    });
    isDead = false;
    await eventually(async () => expect(await net.resolve('later.example', never)).toHaveLength(1));
  });

  it('asks once for all who want the same name', async () => {
    const net = await netWith(() => ['127.0.0.1']);
    await Promise.all(Array.from({ length: 20 }, () => net.resolve('Shared.Example', never)));
    expect(dns?.asked).toEqual(['shared.example']);
  });

  it('knows the hosts file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hosts-'));
    await writeFile(join(folder, 'hosts'), '127.0.0.1 app db # not.me\n::1 app\nnonsense app\n');
    dns = await startDnsServer(() => 'unknown');
    const options = { servers: [dns.server], hosts: new HostsFile(join(folder, 'hosts')) };
    const net = openTargetNet({ level: 'any', allow: [], deny: [] }, options);
    expect(await net.resolve('app', never)).toEqual([
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ]);
    expect(await net.resolve('DB.', never)).toHaveLength(1);
    await expect(net.resolve('not.me', never)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await rm(folder, { recursive: true });
  });

  it('destroys the socket when the signal aborts, whoever holds it', async () => {
    const port = await listening();
    const net = await netWith(() => ['127.0.0.1']);
    const given = new AbortController();
    const socket = await net.connect({ host: 'held.example', port, signal: given.signal });
    given.abort();
    expect(socket.destroyed).toBe(true);
    await eventually(() => expect(sockets.size).toBe(0));
  });

  it('secures a connection, verifying the name unless told not to', async () => {
    const own = selfSigned({ names: ['secure.example'] });
    const port = await listening(createTlsServer(own, (socket) => socket.on('error', () => undefined)));
    const net = await netWith(() => ['127.0.0.1']);
    const socket = await net.connectTls({ host: 'secure.example', port, signal: never }, { ca: own.cert });
    expect(socket.authorized).toBe(true);
    socket.destroy();
    await expect(net.connectTls({ host: 'secure.example', port, signal: never })).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    await expect(
      net.connectTls({ host: 'other.example', port, signal: never }, { ca: own.cert }),
    ).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    const lenient = await net.connectTls(
      { host: '127.0.0.1', port, signal: never },
      { rejectUnauthorized: false },
    );
    expect(lenient.authorized).toBe(false);
    lenient.destroy();
  });

  it('lets go of a handshake that hangs', async () => {
    const port = await listening();
    const net = await netWith(() => ['127.0.0.1']);
    const given = new AbortController();
    const opening = net.connectTls({ host: 'hangs.example', port, signal: given.signal });
    await eventually(() => expect(sockets.size).toBe(1));
    given.abort(new Error('time is over'));
    await expect(opening).rejects.toThrow('time is over');
    await eventually(() => expect(sockets.size).toBe(0));
  });
});
