import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/core/clock.js';
import { GivenUpFolder } from '../../src/modules/emitter/given-up/given-up-folder.js';
import { Resender } from '../../src/modules/emitter/given-up/resend.js';
import type { Target } from '../../src/modules/emitter/message.js';
import { Circuits } from '../../src/modules/emitter/targets/circuits.js';
import { openTarget } from '../../src/modules/emitter/targets/open-targets.js';
import { OpenPorts } from '../../src/ports/open-ports.js';
import { newSender, newServer } from '../http-sender/posting.js';
import { reset, status, type BadServer } from '../support/bad-server.js';
import { eventually } from '../support/eventually.js';
import { smallDisk } from '../support/small-disk.js';
import { emitterTo, httpTo, limits, listeningLogger, messageOf, resultOf } from './emitting.js';

const clock = systemClock;
const { logger, lines } = listeningLogger();

let folder: string;
let server: BadServer;
let givenUp: GivenUpFolder;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carillon-given-up-'));
  server = await newServer();
  givenUp = new GivenUpFolder({ folder, most: 100 }, { logger, clock });
  await givenUp.start();
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function targetWith(circuitFailures: number, settings: Parameters<typeof emitterTo>[1] = {}): Target {
  const circuits = new Circuits({ circuitFailures, circuitOpenMs: 200 }, clock);
  const emitter = emitterTo(httpTo(server.url('/hook')), settings);
  return openTarget(emitter, {
    sender: newSender(),
    clock,
    logger,
    circuits,
    ports: new OpenPorts(new Map()),
  });
}

/** As the emitter does. */
async function carry(target: Target): Promise<void> {
  const message = messageOf();
  const result = await target.send(message, limits());
  if (result.end !== 'delivered') await givenUp.add(message, result);
}

const entries = async () => (await givenUp.list('alpha', { limit: 10, after: null })).entries;

describe('what a server did not take', () => {
  it('is kept with its reason, and sent again with the same key, body and signature’s id', async () => {
    const target = targetWith(0, { retry: { attempts: 2 }, signingSecret: 'secret' });
    server.next = [status(500), reset, status(422)];
    await carry(target);
    await carry(target);
    expect(await entries()).toMatchObject([
      { end: 'given up', status: null, attempts: 2, mayHaveArrived: true },
      { end: 'refused', status: 422, attempts: 1, reason: 'answered 422' },
    ]);
    server.behave = status(201);
    const resender = new Resender(givenUp, clock);
    const result = await resender.resend('alpha', { ids: null, dryRun: false }, { target, limits: limits() });
    expect(result).toMatchObject({ missing: [], failed: [], stopped: null });
    expect(result.ids).toHaveLength(2);
    const seen = server.seen.map(
      ({ headers, body }) =>
        `${headers['idempotency-key'] as string} ${headers['webhook-id'] as string} ${body}`,
    );
    expect([seen[3], seen[4]]).toEqual([seen[0], seen[2]]);
    expect(await entries()).toEqual([]);
    expect(await readdir(join(folder, 'alpha'))).toEqual([]);
  });

  it('spares the server for a while, then goes through by one probe', async () => {
    const target = targetWith(2, { retry: { attempts: 1 } });
    server.behave = status(503);
    await carry(target);
    await carry(target);
    expect(target.circuitOpen).toBe(true);
    await carry(target); // it had waited
    expect(server.seen).toHaveLength(2);
    expect((await entries())[2]).toMatchObject({ attempts: 0, mayHaveArrived: false });
    const resender = new Resender(givenUp, clock);
    const again = () => resender.resend('alpha', { ids: null, dryRun: false }, { target, limits: limits() });
    expect((await again()).stopped).toContain('circuit');
    server.behave = status(200);
    await eventually(() => expect(target.circuitOpen).toBe(false));
    expect((await again()).ids).toHaveLength(3);
    expect(target.circuitOpen).toBe(false);
  });
});

const disk = smallDisk('size=2m');

(disk ? describe : describe.skip)('a full disk under the folder', () => {
  afterAll(() => disk!.remove());

  it('loses what comes, says what to do, leaves no half file, and goes on by itself', async () => {
    const lost: string[] = [];
    const onLost = (emitter: string) => void lost.push(emitter);
    const onDisk = join(disk!.folder, 'given-up');
    const small = new GivenUpFolder({ folder: onDisk, most: 1000 }, { logger, clock, onLost });
    await small.start();
    const body = JSON.stringify('x'.repeat(100_000));
    const add = () => small.add(messageOf({ body }), resultOf());
    expect(await add()).toBe(true);
    const filler = join(disk!.folder, 'filler');
    const { bavail, bsize } = statfsSync(disk!.folder);
    writeFileSync(filler, Buffer.alloc(bavail * bsize - 50_000));
    expect(await Promise.all([add(), add(), add()])).toEqual([false, false, false]);
    expect(lost).toHaveLength(3);
    expect(small.trouble).toMatchObject({ code: 'OUTPUT_FULL' });
    expect(lines.at(-1)?.msg).toMatch(/lost: .*the disk is full: make room \(ENOSPC\)/);
    expect(await readdir(join(onDisk, 'alpha'))).toHaveLength(1);
    rmSync(filler);
    expect(await add()).toBe(true);
    expect(small.trouble).toBeNull();
    expect((await small.list('alpha', { limit: 10, after: null })).entries).toHaveLength(2);
  });
});
