import { createServer, type Server } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { selfSigned, type CertificateOptions } from '../../test/support/certificate.js';
import { expectLetsGo, lookOnce } from '../../test/support/look-once.js';
import check from './tls.check.js';

describe('the check tls', () => {
  const open: Server[] = [];

  afterEach(async () => {
    await Promise.all(open.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  });

  async function look(options: CertificateOptions, more: object = {}) {
    const certificate = selfSigned(options);
    const listening = createServer(certificate, (socket) => socket.on('error', () => undefined));
    open.push(listening);
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    const { port } = listening.address() as AddressInfo;
    return lookOnce(check, { host: '127.0.0.1', port, ca: certificate.cert, ...more });
  }

  it('is up while the certificate has days left', async () => {
    expect(await look({ until: 30.5 })).toEqual({
      found: 'up',
      message: expect.stringMatching(/^The certificate is valid until \d{4}-\d\d-\d\d, 30 days\.$/),
      latencyMs: expect.any(Number),
    });
  });

  it('is down when too few are left', async () => {
    expect(await look({ until: 6.5 })).toMatchObject({
      found: 'down',
      message: expect.stringContaining('6 days'),
    });
    expect(await look({ until: 6.5 }, { min_days_left: 3 })).toMatchObject({ found: 'up' });
  });

  it.each([
    ['has expired', { from: -9, until: -1 }, {}, 'expired'],
    ['is not valid yet', { from: 1, until: 9 }, {}, 'not valid yet'],
    ['is for another name', { names: ['other.example'] }, {}, 'another name'],
    ['is of nobody trusted', { until: 30 }, { ca: undefined }, 'self-signed'],
  ])('is down when it %s', async (_, options, more, words) => {
    expect(await look(options, more)).toMatchObject({
      found: 'down',
      message: expect.stringContaining(words),
    });
  });

  it('takes the name to look for', async () => {
    const outcome = await look({ names: ['other.example'], until: 30 }, { servername: 'other.example' });
    expect(outcome).toMatchObject({ found: 'up' });
  });

  it('lets go of a server that never answers', () =>
    expectLetsGo(check, (port) => ({ host: '127.0.0.1', port })));
});
