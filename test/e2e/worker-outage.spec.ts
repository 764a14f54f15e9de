import { afterAll, expect, it } from '@jest/globals';
import { BadServer, closeAll } from '../support/bad-server.js';
import { eventually } from '../support/eventually.js';
import { describeWithServers, startPrivatePostgres, type PrivateSql } from '../support/servers/index.js';
import { WorkingApp } from '../support/working.js';

describeWithServers(['postgres-private'], 'a store that goes away', () => {
  let server: PrivateSql | undefined;
  let web: BadServer | undefined;
  let app: WorkingApp | undefined;
  afterAll(async () => {
    const stopped = await app?.stop();
    await closeAll([web]);
    await server?.release();
    expect(stopped).toBe(0);
  });

  it('results wait for it: each is there once when it is back', async () => {
    server = await startPrivatePostgres();
    web = await BadServer.listen();
    const working = (app = await WorkingApp.start({
      DB_TYPE: 'postgres',
      DB_HOST: server.host,
      DB_PORT: String(server.port),
      DB_USER: server.user,
      DB_PASS: server.password,
      DB_NAME: await server.fresh(),
    }));
    const config = { url: web.url().href };
    const monitors = await Promise.all(
      Array.from({ length: 20 }, () => working.monitor({ type: 'http', config })),
    );
    const waiting = () => working.metric('carillon_worker_results_waiting');
    const planned: number[] = [];
    const tickAll = async (tick: number) => {
      planned.push(tick);
      for (const monitor of monitors) await working.tick(monitor, tick);
    };
    await tickAll(Date.now());
    for (const monitor of monitors)
      await eventually(async () => expect(await working.results(monitor)).toHaveLength(1));
    await server.kill();
    await tickAll(Date.now());
    await eventually(async () => expect(await waiting()).toBeGreaterThanOrEqual(20));
    await tickAll(Date.now());
    await eventually(async () => expect(await waiting()).toBeGreaterThanOrEqual(40));
    expect((await working.tasks('archived')).length).toBe(0);
    await server.start();
    await eventually(async () => {
      for (const monitor of monitors)
        expect((await working.results(monitor)).map(({ plannedAt }) => plannedAt)).toEqual(planned);
    }, 40_000);
  }, 90_000);
});
