import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readFile, readdir, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { messageOf, resultOf } from '../../../../test/emitter/emitting.js';
import { givenUpRoom, keep, NOW } from '../../../../test/emitter/given-up-room.js';
import { entryId } from './entry.js';

let room: Awaited<ReturnType<typeof givenUpRoom>>;

beforeEach(async () => {
  room = await givenUpRoom();
});

afterEach(() => room.remove());

const all = { limit: 100, after: null };

describe('a message that was given up', () => {
  it('is one whole file, with nothing beside it', async () => {
    const givenUp = await room.opened();
    const message = messageOf({ body: '{"id": 12345678901234567890}' });
    await givenUp.add(message, resultOf());
    expect(await readdir(join(room.folder, 'alpha'))).toEqual([`${entryId(message)}.json`]);
    const text = await readFile(join(room.folder, 'alpha', `${entryId(message)}.json`), 'utf8');
    expect(JSON.parse(text)).toEqual({
      version: 1,
      emitter: 'alpha',
      key: message.key,
      planned_at: new Date(message.plannedAt).toISOString(),
      given_up_at: '2026-02-01T00:00:00.000Z',
      end: 'given up',
      reason: 'answered 503; all 3 attempts are used',
      attempts: 3,
      status: 503,
      may_have_arrived: true,
      body: message.body,
    });
  });

  it('is for its owner’s eyes only, in folders that are, with those above that are missing, whatever the umask', async () => {
    const umask = process.umask(0);
    try {
      const [id] = await keep(await room.opened(), 1);
      const modes = ['', 'data', 'data/given-up', 'data/given-up/alpha', `data/given-up/alpha/${id}.json`];
      const found = await Promise.all(modes.map((path) => stat(join(room.root, path))));
      expect(found.map(({ mode }) => (mode & 0o777).toString(8))).toEqual([
        '700',
        '700',
        '700',
        '700',
        '600',
      ]);
    } finally {
      process.umask(umask);
    }
  });

  it('is there for the next process', async () => {
    const [id] = await keep(await room.opened(), 1);
    const again = await room.opened();
    expect(again.files).toEqual(new Map([['alpha', 1]]));
    expect(await again.get('alpha', id!)).toMatchObject({ id, status: 503 });
  });

  it('lies there once, however often it is given up', async () => {
    const givenUp = await room.opened(2);
    const message = messageOf();
    for (const status of [500, 502, 503]) expect(await givenUp.add(message, resultOf({ status }))).toBe(true);
    expect(givenUp.files).toEqual(new Map([['alpha', 1]]));
    expect(await givenUp.get('alpha', entryId(message))).toMatchObject({ status: 503 });
  });

  it('is written before the stop, with all the others', async () => {
    const givenUp = await room.opened();
    const adding = Array.from({ length: 20 }, () => givenUp.add(messageOf(), resultOf()));
    await givenUp.settled();
    expect(await readdir(join(room.folder, 'alpha'))).toHaveLength(20);
    await Promise.all(adding);
  });

  it('can be listed page by page, the earliest planned first, of one emitter', async () => {
    const givenUp = await room.opened();
    const ids = await keep(givenUp, 5);
    await keep(givenUp, 2, 'beta');
    const first = await givenUp.list('alpha', { limit: 2, after: null });
    expect(first).toMatchObject({ total: 5, next: ids[1] });
    expect(first.entries.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    await givenUp.discard('alpha', ids[1]!);
    const rest = await givenUp.list('alpha', { limit: 3, after: first.next });
    expect(rest.entries.map(({ id }) => id)).toEqual(ids.slice(2));
    expect(rest).toMatchObject({ total: 4, next: null });
    expect(rest.entries[0]).not.toHaveProperty('body');
    expect(await givenUp.list('gamma', all)).toEqual({ total: 0, entries: [], next: null });
  });

  it('is gone when it is discarded', async () => {
    const givenUp = await room.opened();
    const [id] = await keep(givenUp, 1);
    await givenUp.discard('alpha', id!);
    expect(givenUp.files.get('alpha')).toBe(0);
    await expect(givenUp.discard('alpha', id!)).rejects.toMatchObject({ code: 'GIVEN_UP_UNKNOWN' });
    await expect(givenUp.get('alpha', id!)).rejects.toMatchObject({ code: 'GIVEN_UP_UNKNOWN' });
  });
});

describe('names from outside', () => {
  it.each([
    ['..', 'x'],
    ['alpha', '../../outside'],
    ['../..', 'outside'],
    ['alpha', '..'],
    ['', ''],
  ])('lead nowhere: %j %j', async (emitter, id) => {
    const givenUp = await room.opened();
    await keep(givenUp, 1);
    await writeFile(join(room.root, 'outside.json'), '{}');
    await expect(givenUp.get(emitter, id)).rejects.toMatchObject({ code: 'GIVEN_UP_UNKNOWN' });
    await expect(givenUp.discard(emitter, id)).rejects.toMatchObject({ code: 'GIVEN_UP_UNKNOWN' });
    if (emitter !== 'alpha') expect((await givenUp.list(emitter, all)).total).toBe(0);
    expect(await readdir(room.root)).toContain('outside.json');
  });
});

describe('what else lies in the folder', () => {
  it('is no message, or is shown as damaged and can be discarded', async () => {
    const givenUp = await room.opened();
    const [good] = await keep(givenUp, 1);
    const broken = entryId(messageOf());
    const link = entryId(messageOf());
    await writeFile(join(room.folder, 'alpha', 'notes.txt'), 'x');
    await writeFile(join(room.folder, 'alpha', `${broken}.json`), '{"version":1,');
    const elsewhere = join(room.root, 'elsewhere.json');
    await copyFile(join(room.folder, 'alpha', `${good}.json`), elsewhere);
    await symlink(elsewhere, join(room.folder, 'alpha', `${link}.json`));
    const pipe = entryId(messageOf());
    execFileSync('mkfifo', [join(room.folder, 'alpha', `${pipe}.json`)]);
    await mkdir(join(room.folder, 'UPPER'));
    const { total, entries } = await givenUp.list('alpha', all);
    expect(total).toBe(4);
    expect(entries).toEqual([
      expect.objectContaining({ id: good, status: 503 }),
      { id: broken, unreadable: true },
      { id: link, unreadable: true },
      { id: pipe, unreadable: true },
    ]);
    await expect(givenUp.get('alpha', broken)).rejects.toMatchObject({ code: 'INTERNAL' });
    for (const id of [broken, link, pipe]) await givenUp.discard('alpha', id);
    expect((await givenUp.list('alpha', all)).total).toBe(1);
    expect(await readdir(room.root)).toContain('elsewhere.json');
  });

  it('is tidied at start when a dead process left it, not when somebody may be writing it', async () => {
    await keep(await room.opened(), 1);
    const [old, young] = ['1', '2'].map((n) => `.${n.repeat(8)}-0000-4000-8000-000000000000.tmp`);
    for (const name of [old!, young!]) await writeFile(join(room.folder, 'alpha', name), 'half');
    await utimes(join(room.folder, 'alpha', old!), NOW / 1000 - 7200, NOW / 1000 - 7200);
    await utimes(join(room.folder, 'alpha', young!), NOW / 1000 - 60, NOW / 1000 - 60);
    await room.opened();
    expect((await readdir(join(room.folder, 'alpha'))).filter((name) => name.startsWith('.'))).toEqual([
      young,
    ]);
  });
});
