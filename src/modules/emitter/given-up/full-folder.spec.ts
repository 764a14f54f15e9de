import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { messageOf, resultOf } from '../../../../test/emitter/emitting.js';
import { givenUpRoom, keep } from '../../../../test/emitter/given-up-room.js';

let room: Awaited<ReturnType<typeof givenUpRoom>>;

beforeEach(async () => {
  room = await givenUpRoom();
});

afterEach(() => room.remove());

describe('a folder that takes nothing', () => {
  it('because it holds its most files: what comes is lost, counted and told, until there is room', async () => {
    const givenUp = await room.opened(3);
    const ids = await keep(givenUp, 2);
    await keep(givenUp, 1, 'beta');
    expect(givenUp.trouble).toMatchObject({ code: 'OUTPUT_FULL' });
    for (let i = 0; i < 3; i += 1) expect(await givenUp.add(messageOf(), resultOf())).toBe(false);
    expect(room.lost).toEqual(['alpha', 'alpha', 'alpha']);
    const [line, ...others] = room.lines;
    expect(others).toEqual([]);
    expect(line).toMatchObject({ level: 50 });
    expect(line?.msg).toMatch(/lost: emitter alpha, key alpha-\d+: .*EMITTER_GIVEN_UP_MOST = 3.*raise/);
    await givenUp.discard('alpha', ids[0]!);
    expect(givenUp.trouble).toBeNull();
    await keep(givenUp, 1);
    expect(room.lines.at(-1)?.msg).toContain('over after');
  });

  it('is looked at again: somebody may have made room by hand', async () => {
    const givenUp = await room.opened(2);
    const ids = await keep(givenUp, 2);
    expect(await givenUp.add(messageOf(), resultOf())).toBe(false);
    for (const id of ids) await rm(join(room.folder, 'alpha', `${id}.json`));
    expect(await givenUp.add(messageOf(), resultOf())).toBe(false); // not at once: a full folder is long to read
    await room.clock.advance(10_000);
    const adding = [1, 2, 3].map(() => givenUp.add(messageOf(), resultOf()));
    expect(await Promise.all(adding)).toEqual([true, true, false]);
    expect(givenUp.files.get('alpha')).toBe(2);
  });

  it('never holds more than its most, however many come at once', async () => {
    const givenUp = await room.opened(10);
    const adding = Array.from({ length: 50 }, () => givenUp.add(messageOf(), resultOf()));
    expect((await Promise.all(adding)).filter(Boolean)).toHaveLength(10);
    expect(await readdir(join(room.folder, 'alpha'))).toHaveLength(10);
    expect(room.lost).toHaveLength(40);
  });

  it('because a file is in its place: it is said at start and at each loss, and heals by itself', async () => {
    await writeFile(join(room.root, 'data'), 'a file');
    const givenUp = await room.opened();
    expect(room.lines[0]).toMatchObject({ level: 50, code: 'OUTPUT_UNUSABLE' });
    expect(givenUp.trouble?.message).toContain('EMITTER_GIVEN_UP_FOLDER');
    expect(await givenUp.add(messageOf(), resultOf())).toBe(false);
    expect(room.lost).toEqual(['alpha']);
    expect(room.lines[1]?.msg).toMatch(/move it away \((ENOTDIR|EEXIST)\)/);
    await rm(join(room.root, 'data'));
    await keep(givenUp, 1);
    expect(givenUp.trouble).toBeNull();
  });

  it('is no trouble any more a minute after the last loss', async () => {
    const givenUp = await room.opened();
    await rm(room.folder, { recursive: true });
    await writeFile(room.folder, 'a file');
    expect(await givenUp.add(messageOf(), resultOf())).toBe(false);
    await room.clock.advance(59_000);
    expect(givenUp.trouble).toMatchObject({ code: 'OUTPUT_UNUSABLE' });
    await room.clock.advance(1000);
    expect(givenUp.trouble).toBeNull();
  });

  it('is made anew when somebody removed it', async () => {
    const givenUp = await room.opened();
    await rm(join(room.root, 'data'), { recursive: true });
    await keep(givenUp, 3);
    expect(await readdir(join(room.folder, 'alpha'))).toHaveLength(3);
  });

  it('loses nothing in silence where a planned time is none', async () => {
    const givenUp = await room.opened();
    expect(await givenUp.add(messageOf({ plannedAt: NaN, key: 'k' }), resultOf())).toBe(false);
    expect(room.lost).toEqual(['alpha']);
  });
});
