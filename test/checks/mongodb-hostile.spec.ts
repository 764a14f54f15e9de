import { Binary } from 'mongodb';
import check from '../../src/checks/mongodb.check.js';
import { configMistakes } from '../../src/checks/config-mistakes.js';
import { observerTrouble } from '../../src/checks/outcome-of-error.js';
import { runCheck } from '../../src/checks/run-check.js';
import { checkContext, lookOnce } from '../support/look-once.js';
import { startFakeMongo, type FakeMongo } from '../support/mongo-answers.js';

let server: FakeMongo | undefined;
afterEach(() => server?.close());

async function answering(answer: (asked: Record<string, unknown>) => Record<string, unknown>) {
  server = await startFakeMongo(answer);
  return server;
}

describe('the check mongodb and a hostile user', () => {
  it.each(['MONGODB-OIDC', 'OIDC', 'MONGODB-AWS', 'GSSAPI', 'MONGODB-X509'])(
    'sends no server the credentials of this machine (%s)',
    async (mechanism) => {
      const { port, asked } = await answering(() => ({}));
      const rest = `authmechanism=${mechanism}&authMechanismProperties=ENVIRONMENT:k8s`;
      const config = { connectionString: `mongodb://127.0.0.1:${port}/d?authMechanism=PLAIN&${rest}` };
      expect(configMistakes(check, config)).toEqual([
        { path: ['connectionString'], message: expect.stringContaining('SCRAM-SHA-256') },
      ]);
      expect(await lookOnce(check, config)).toMatchObject({ found: 'unknown' });
      expect(asked).toEqual([]);
    },
  );

  it('reads no file that the connection string names, and goes to no proxy', async () => {
    const { port, asked } = await answering(() => ({}));
    const files = ['tlsCRLFile', 'tlsCAFile', 'tlsCertificateKeyFile'].map((name) => `${name}=/etc/passwd`);
    const rest = [...files, 'proxyHost=127.0.0.1', 'proxyPort=9', 'compressors=zlib'].join('&');
    const config = { connectionString: `mongodb://127.0.0.1:${port}/d?${rest}` };
    expect(await lookOnce(check, config)).toMatchObject({ found: 'up' });
    expect(asked[0]!.compression).toEqual(['none']);
  });
});

describe('the check mongodb and a hostile server', () => {
  it.each(['speculativeAuthenticate', 'saslStart'])('works for no login without end (%s)', async (where) => {
    const challenge = (nonce: string) => ({
      conversationId: 1,
      done: false,
      payload: new Binary(Buffer.from(`r=${nonce}x,s=c2FsdHNhbHRzYWx0c2FsdA==,i=50000000`)),
    });
    const { port } = await answering((asked) => {
      if (where in asked) {
        const { payload } = (where === 'saslStart' ? asked : asked[where]) as { payload: Binary };
        const nonce = /r=(.*)$/.exec(payload.toString())![1]!;
        return where === 'saslStart' ? challenge(nonce) : { [where]: challenge(nonce) };
      }
      return {};
    });
    expect(await lookOnce(check, { connectionString: `mongodb://u:p@127.0.0.1:${port}/d` })).toMatchObject({
      found: 'down',
      message: expect.stringContaining('iterations'),
    });
  });

  it('cannot make this process believe that it is ill', async () => {
    const { port } = await answering((asked) =>
      'ping' in asked ? { ok: 0, errmsg: 'no', code: 'EMFILE', syscall: 'connect', errno: -24 } : {},
    );
    let thrown: unknown;
    const config = { connectionString: `mongodb://127.0.0.1:${port}/d` };
    const outcome = await runCheck(check, config, checkContext(), (error) => (thrown = error));
    expect(outcome).toMatchObject({ found: 'down', message: 'no' });
    expect(observerTrouble(thrown)).toBeNull();
  });
});
