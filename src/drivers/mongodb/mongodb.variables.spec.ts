import { describe, expect, it } from '@jest/globals';
import { connectionSettings } from './connection-settings.js';
import { mongodbVariables } from './mongodb.variables.js';

const settings = (env: Record<string, string>) =>
  connectionSettings(mongodbVariables.parse({ DB_TYPE: 'MongoDB', ...env }));
const mistakes = (env: Record<string, string>) => {
  const read = mongodbVariables.safeParse({ DB_TYPE: 'mongo', ...env });
  return read.error?.issues.map(({ path, message }) => `${path.join()} ${message}`) ?? [];
};

describe('the variables of the driver for MongoDB', () => {
  it.each([
    [{}, 'localhost:27017'],
    [{ DB_HOST: 'db.example.org', DB_PORT: '27018' }, 'db.example.org:27018'],
    [{ DB_HOST: 'mongo', DB_PORT: 'tcp://10.0.0.1:27017' }, 'mongo:27017'],
    [{ DB_HOST: 'a, b:2 ,10.0.0.3', DB_PORT: '3' }, 'a:3,b:2,10.0.0.3:3'],
    [{ DB_HOST: '::1,[fe80::2]:5' }, '[::1]:27017,[fe80::2]:5'],
  ])('read %j as servers at %s', async (env, place) => {
    expect(await settings(env)).toMatchObject({ place, uri: `mongodb://${place}/`, database: 'peekaping' });
  });

  it('take any character in user and password, and keep them out of the URI', async () => {
    const env = { DB_USER: 'wr@n', DB_PASS: ' p:/%?#[] ö', DB_AUTH_SOURCE: 'users', DB_NAME: 'm' };
    const { uri, client, database } = await settings(env);
    expect(uri).toBe('mongodb://localhost:27017/');
    expect(client).toMatchObject({
      auth: { username: 'wr@n', password: ' p:/%?#[] ö' },
      authSource: 'users',
    });
    expect(database).toBe('m');
    expect((await settings({ DB_USER: 'u' })).client).toMatchObject({ authSource: 'admin' });
    expect((await settings({})).client.auth).toBeUndefined();
  });

  it('bound the pool, and name the replica set', async () => {
    const { client } = await settings({ DB_POOL_SIZE: '3', DB_REPLICA_SET: 'rs0' });
    expect(client).toMatchObject({ maxPoolSize: 3, replicaSet: 'rs0' });
  });

  it('ask for TLS as they say', async () => {
    expect((await settings({ DB_TLS: 'off' })).client.tls).toBeUndefined();
    expect((await settings({ DB_TLS: 'On' })).client).toMatchObject({ tls: true, rejectUnauthorized: true });
    expect((await settings({ DB_TLS: 'insecure' })).client).toMatchObject({ rejectUnauthorized: false });
    const missing = settings({ DB_TLS: 'on', DB_TLS_CA_FILE: '/no/such/file' });
    await expect(missing).rejects.toThrow('DB_TLS_CA_FILE must name a file that can be read (ENOENT)');
  });

  it.each([
    [{ DB_HOST: 'mongodb://user:secret@host' }, 'DB_HOST'],
    [{ DB_HOST: 'a,b c' }, 'DB_HOST'],
    [{ DB_HOST: 'a:0' }, 'DB_HOST'],
    [{ DB_HOST: 'a:70000' }, 'DB_HOST'],
    [{ DB_HOST: ',' }, 'DB_HOST'],
    [{ DB_HOST: '[::1' }, 'DB_HOST'],
    [{ DB_NAME: 'a/b' }, 'DB_NAME'],
    [{ DB_NAME: 'x'.repeat(64) }, 'DB_NAME'],
    [{ DB_PASS: 'secret' }, 'DB_USER'],
    [{ DB_PORT: 'x' }, 'DB_PORT'],
    [{ DB_TLS: 'maybe' }, 'DB_TLS'],
    [{ DB_TLS_CA_FILE: '/a' }, 'DB_TLS'],
    [{ DB_TLS: 'on', DB_TLS_KEY_FILE: '/a' }, 'DB_TLS_CERT_FILE'],
    [{ DB_TLS: 'on', DB_TLS_CERT_FILE: '/a' }, 'DB_TLS_KEY_FILE'],
    [{ DB_SYNC: 'all' }, 'DB_SYNC'],
    [{ DB_POOL_SIZE: '0' }, 'DB_POOL_SIZE'],
  ])('refuse %j by the name of %s, and show no value', (env, name) => {
    const told = mistakes(env);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(new RegExp(`^${name} must `));
    expect(told[0]).not.toContain('secret');
  });
});
