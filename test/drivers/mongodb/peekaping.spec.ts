import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { ObjectId, type Document } from 'mongodb';
import type { MonitorStore } from '../../../src/ports/monitor-store.port.js';
import { judge, result } from '../../contracts/monitor-store.support.js';
import { SERVER_START_MS, describeWithServers } from '../../support/servers/index.js';
import { openStore } from './open-store.js';
import { rawDatabase, type RawDatabase } from './raw.js';

const AT = new Date('2025-10-02T10:00:00.123Z');

/** As Peekaping's server writes one. */
const written = (fields: Document = {}): Document => ({
  _id: new ObjectId(),
  type: 'http',
  name: 'Wien ☕',
  interval: 60,
  timeout: 16,
  max_retries: 3,
  retry_interval: 20,
  resend_interval: 10,
  active: true,
  status: 1,
  created_at: AT,
  updated_at: AT,
  config: '{"url":"https://example.org","method":"GET","accepted_statuscodes":["2XX"]}',
  push_token: '',
  ...fields,
});

describeWithServers(['mongo'], 'an existing collection of Peekaping', () => {
  let raw: RawDatabase;
  let store: MonitorStore;
  const monitors = () => raw.db.collection('monitor');
  beforeAll(async () => {
    raw = await rawDatabase();
    await monitors().createIndex({ name: 1 });
    store = await openStore(raw.variables);
    await store.now();
  }, SERVER_START_MS);
  beforeEach(() => monitors().deleteMany({}));
  afterAll(async () => {
    await store?.close(5_000);
    await raw?.close();
  });

  it('is read as it is', async () => {
    const doc = written();
    await monitors().insertOne(doc);
    expect(await store.get([String(doc._id)])).toEqual([
      {
        id: String(doc._id),
        type: 'http',
        name: 'Wien ☕',
        interval: 60,
        timeout: 16,
        maxRetries: 3,
        retryInterval: 20,
        resendInterval: 10,
        active: true,
        status: 1,
        createdAt: AT.getTime(),
        updatedAt: AT.getTime(),
        config: { url: 'https://example.org', method: 'GET', accepted_statuscodes: ['2XX'] },
        proxyId: null,
        pushToken: null,
        cron: null,
        timezone: null,
        priority: 'default',
        tags: [],
        maintenanceUntil: null,
      },
    ]);
    expect(await store.schedules(null, 10)).toMatchObject([
      { id: String(doc._id), interval: 60, cron: null },
    ]);
    expect(await store.count({ priority: 'default', active: true })).toBe(1);
  });

  it.each([
    ['a config that is an object', { config: { url: 'x' } }, { config: { url: 'x' } }],
    ['a config that is no JSON', { config: '{"url":' }, { config: null }],
    ['a config that is a list', { config: '[1]' }, { config: null }],
    ['no config', { config: undefined }, { config: null }],
    [
      'a proxy',
      { proxy_id: new ObjectId('65f0c0ffee65f0c0ffee65f0') },
      { proxyId: '65f0c0ffee65f0c0ffee65f0' },
    ],
    ['a proxy that was removed', { proxy_id: '' }, { proxyId: null }],
    ['a token', { type: 'push', push_token: 'abc' }, { pushToken: 'abc' }],
    ['no status', { status: undefined }, { status: 2 }],
    ['no times', { updated_at: undefined, timeout: undefined }, { updatedAt: AT.getTime(), timeout: 0 }],
    ['a type that nobody knows', { type: 'steam' }, { type: 'steam' }],
  ])('is read with %s', async (_what, fields, wanted) => {
    const doc = written(fields);
    await monitors().insertOne(doc, { ignoreUndefined: true });
    expect(await store.page({}, null, 10)).toMatchObject([{ id: String(doc._id), ...wanted }]);
    // It can be edited all the same.
    const edited = await store.update(String(doc._id), { name: 'edited' });
    expect(edited).toMatchObject({ name: 'edited', ...wanted, updatedAt: expect.any(Number) });
    expect(edited.updatedAt).toBeGreaterThan(AT.getTime());
  });

  it('keeps the form that Peekaping writes and reads, and every field that is not edited', async () => {
    const doc = written({ later_version: { a: 1 } });
    await monitors().insertOne(doc);
    const id = String(doc._id);
    const config = { url: 'https://example.org/2' };
    const proxyId = '65f0c0ffee65f0c0ffee65f1';
    await store.update(id, { config, proxyId, cron: '* * * * *', tags: ['a'], priority: 'low' });
    await store.record([result(id, { found: 'down' })], judge);
    const now = (await monitors().findOne({ _id: doc._id }))!;
    expect({ ...now, updated_at: null }).toEqual({
      ...doc,
      config: JSON.stringify(config),
      proxy_id: new ObjectId(proxyId),
      status: 0,
      updated_at: null,
    });
    expect(now.updated_at).toBeInstanceOf(Date);
  });

  it('writes new ones in that form', async () => {
    const [monitor] = await store.create([
      { ...(await asFields()), pushToken: null, proxyId: null, cron: '* * * * *' },
    ]);
    const doc = (await monitors().findOne({ _id: new ObjectId(monitor!.id) }))!;
    expect(Object.keys(doc).sort()).toEqual([...Object.keys(written()), 'proxy_id'].sort());
    expect(doc.config).toBe('{"url":"x"}');
    expect(doc.created_at).toBeInstanceOf(Date);
  });

  const asFields = async () => {
    const doc = written({ config: { url: 'x' } });
    await monitors().insertOne(doc);
    const [monitor] = await store.get([String(doc._id)]);
    const { id: _id, ...fields } = monitor!;
    return fields;
  };

  afterEach(async () => {
    const keys = (await monitors().indexes()).map(({ key }) => Object.keys(key as object).join());
    expect(keys.sort()).toEqual(['_id', 'name']);
  });
});
