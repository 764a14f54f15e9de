import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signatureHeaders } from '../../src/core/webhook-signature.js';
import type { AlertMessage } from '../../src/modules/worker/alerts/alert-message.js';
import { MonitorEvents } from '../../src/ports/monitor-events.port.js';
import { MONITOR_STATUS, type Monitor, type MonitorFields } from '../../src/ports/monitor-store.port.js';
import { RecordLog, type StoredRecord } from '../../src/ports/record-log.port.js';
import { BadServer, closeAll, status, type SeenRequest } from '../support/bad-server.js';
import { eventually } from '../support/eventually.js';
import { WorkingApp } from '../support/working.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

let web: BadServer;
let receiver: BadServer;
let app: WorkingApp;
beforeAll(async () => {
  web = await BadServer.listen();
  receiver = await BadServer.listen();
  app = await WorkingApp.start({
    ALERT_WEBHOOK_URL: receiver.url('/hook').href,
    ALERT_WEBHOOK_SECRET: SECRET,
    ALERT_TOPIC: 'alerts',
  });
});
afterAll(async () => {
  // Also when the start failed half-way.
  const [code] = await Promise.all([(app as WorkingApp | undefined)?.stop(), closeAll([web, receiver])]);
  expect(code).toBe(0);
});

const bodyOf = ({ body }: SeenRequest) => JSON.parse(body) as AlertMessage;
const about = ({ id }: Monitor) => receiver.seen.filter((request) => bodyOf(request).data.monitor.id === id);

/** A monitor that was seen in each of these ways, one after the other. */
async function seen(ways: readonly ('up' | 'down')[], fields: Partial<MonitorFields> = {}): Promise<Monitor> {
  const monitor = await app.monitor({ type: 'http', config: { url: web.url().href }, ...fields });
  for (const [index, way] of ways.entries()) {
    web.behave = status(way === 'up' ? 200 : 500);
    await app.tick(monitor);
    await eventually(async () => expect(await app.results(monitor)).toHaveLength(index + 1));
  }
  return monitor;
}

/** What the topic has of a monitor, all in one partition. */
async function appended({ id }: Monitor): Promise<StoredRecord[]> {
  const log = app.port(RecordLog);
  const pages = await Promise.all(
    (await log.offsets('alerts')).map(({ partition }) =>
      log.read({ topic: 'alerts', partition, offset: 0, limit: 100 }),
    ),
  );
  const ours = pages.map(({ records }) => records.filter(({ key }) => key?.toString() === id));
  return ours.find(({ length }) => length > 0) ?? [];
}

const settled = () => eventually(async () => expect(await app.store.pendingAlerts()).toBe(0), 20_000);

describe('changes of status', () => {
  it('are posted once each, in their order, signed, and appended to the topic', async () => {
    const monitor = await seen(['up', 'down', 'down', 'up'], { name: 'Shop', tags: ['web'] });
    await settled();
    const posted = about(monitor);
    expect(posted.map((request) => bodyOf(request).type)).toEqual(['monitor.down', 'monitor.up']);
    expect(bodyOf(posted[0]!).data).toMatchObject({
      monitor: { id: monitor.id, name: 'Shop', type: 'http', tags: ['web'] },
      from: 'up',
      to: 'down',
    });
    for (const { headers, body } of posted) {
      const id = String(headers['webhook-id']);
      const sentAt = Number(headers['webhook-timestamp']) * 1000;
      expect(headers).toMatchObject(signatureHeaders(SECRET, { id, body, sentAt }));
      expect(Math.abs(Date.now() - sentAt)).toBeLessThan(60_000);
    }
    const ours = await appended(monitor);
    expect(ours.map(({ value }) => value?.toString())).toEqual(posted.map(({ body }) => body));
    expect(ours.map(({ headers }) => headers['x-alert-id'])).toEqual(
      posted.map(({ headers }) => headers['webhook-id']),
    );
  });

  it('of a pending monitor that heals are told nobody', async () => {
    const monitor = await seen(['up', 'down', 'up'], { maxRetries: 1 });
    await settled();
    expect(about(monitor)).toEqual([]);
  });
});

const typesAbout = (monitor: Monitor) => about(monitor).map((request) => bodyOf(request).type);

describe('what else somebody is told', () => {
  it('a reminder while it stays down, each resend interval', async () => {
    const monitor = await seen(['down'], { resendInterval: 1 });
    const [first] = await app.results(monitor);
    const planned = first!.at + 1_000;
    await app.tick(monitor, planned, { processAt: planned });
    await eventually(async () => expect(await app.results(monitor)).toHaveLength(2));
    await settled();
    expect(typesAbout(monitor)).toEqual(['monitor.down', 'monitor.reminder']);
    expect(bodyOf(about(monitor)[1]!).data).toMatchObject({ from: 'down', to: 'down' });
  });

  it('that results stay out, and that they are back', async () => {
    const monitor = await app.monitor({ type: 'http', config: { url: web.url().href } });
    const common = { monitorId: monitor.id, from: null, to: null, latencyMs: null };
    const silent = { ...common, kind: 'silent' as const, at: Date.now(), message: 'No result for long.' };
    expect(await app.store.markSilent([silent])).toBe(1);
    web.behave = status(200);
    await app.tick(monitor);
    await eventually(async () => expect(await app.results(monitor)).toHaveLength(1));
    await settled();
    expect(typesAbout(monitor)).toEqual(['monitor.silent', 'monitor.heard']);
    expect(bodyOf(about(monitor)[1]!).data).toMatchObject({ from: null, to: 'up' });
  });

  it('in maintenance nobody is told that it is down; after it, when it is so still', async () => {
    const maintenanceUntil = Date.now() + 3_600_000;
    const monitor = await seen(['up', 'down'], { maintenanceUntil });
    expect((await app.results(monitor)).map((result) => result.status)).toEqual([
      'maintenance',
      'maintenance',
    ]);
    expect((await app.store.get([monitor.id]))[0]!.status).toBe(MONITOR_STATUS.maintenance);
    await settled();
    expect(about(monitor)).toEqual([]);
    await app.store.update(monitor.id, { maintenanceUntil: null });
    await app.port(MonitorEvents).publish({ type: 'monitor.updated', monitor: { id: monitor.id } });
    await app.tick(monitor);
    await eventually(async () => expect(await app.results(monitor)).toHaveLength(3));
    await settled();
    expect(typesAbout(monitor)).toEqual(['monitor.down']);
    expect(bodyOf(about(monitor)[0]!).data).toMatchObject({ from: 'maintenance', to: 'down' });
  });
});

describe('a receiver that fails', () => {
  it('gets the alert again under the same id, the topic does not; later ones wait for it', async () => {
    receiver.next = [status(500)];
    const monitor = await seen(['up', 'down', 'up']);
    await settled();
    const posted = about(monitor);
    expect(posted.map((request) => bodyOf(request).type)).toEqual([
      'monitor.down',
      'monitor.down',
      'monitor.up',
    ]);
    const ids = posted.map(({ headers }) => headers['webhook-id']);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).not.toBe(ids[1]);
    expect(await appended(monitor)).toHaveLength(2);
    expect(await app.metric('carillon_worker_alerts_total', 'outcome="retried"')).toBe(1);
  }, 40_000);

  it('that wants no more (410) is asked once, and the log says that nobody was told', async () => {
    receiver.next = [status(410)];
    const monitor = await seen(['up', 'down']);
    await settled();
    expect(about(monitor)).toHaveLength(1);
    expect(app.log.map(({ msg }) => msg).join()).toContain('An alert was given up');
  });
});
