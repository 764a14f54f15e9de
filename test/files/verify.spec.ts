import { execFile } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { filesIn, message, nameless, newFolder, openEngine } from './support/folder.js';

const script = fileURLToPath(new URL('../../scripts/verify-files.mjs', import.meta.url));

function verify(...args: string[]): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], (error, stdout, stderr) =>
      resolve({ code: (error?.code as number | undefined) ?? 0, text: stdout + stderr }),
    );
  });
}

async function folderWith(...names: string[]): Promise<string> {
  const folder = newFolder();
  const engine = await openEngine(folder, { shard: 'day' });
  await engine.write([...names.map((name) => message(name)), nameless('p')]);
  await engine.close();
  return folder;
}

describe('npm run verify:files', () => {
  it('finds all whole', async () => {
    const { code, text } = await verify(await folderWith('a', 'b'));
    expect(text).toMatch(/^3 files whole \(\d+ bytes\), 0 missing, 0 changed; 1 manifests\.\n$/);
    expect(code).toBe(0);
  });

  it('names what is missing, too short, or changed, with its id and key', async () => {
    const folder = await folderWith('aa', 'bb', 'cc', 'dd');
    const [first, second, third] = filesIn(folder).sort() as [string, string, string];
    rmSync(join(folder, first));
    appendFileSync(join(folder, second), ' ');
    const text = JSON.stringify(JSON.parse(Buffer.from(message('cc').content).toString()), null, 2);
    writeFileSync(join(folder, third), text.replace('"cc"', '"CC"'));
    const found = await verify(folder);
    expect(found.code).toBe(1);
    expect(found.text).toContain(`missing     ${first}  id="aa" key="expense.created"  (is not there)`);
    expect(found.text).toMatch(new RegExp(`changed     ${second}  id="bb" .*bytes instead of`));
    expect(found.text).toContain(
      `changed     ${third}  id="cc" key="expense.created"  (has another content)`,
    );
    expect(found.text).toContain('2 files whole');
    expect(found.text).toContain('1 missing, 2 changed');
  });

  it('bears a torn last line, and no other', async () => {
    const folder = await folderWith('a');
    const manifests = join(folder, '.carillon', 'manifest');
    const manifest = join(manifests, readdirSync(manifests)[0]!);
    appendFileSync(manifest, '{"file":"2024');
    expect(await verify(folder)).toMatchObject({ code: 0 });
    appendFileSync(manifest, '\n{"file":"x","sha256":"');
    const found = await verify(folder);
    expect(found.code).toBe(1);
    expect(found.text).toContain('unreadable  line 3 of ');
  });

  it('reads over the zeros that a power cut leaves of an append', async () => {
    const folder = await folderWith('a', 'b');
    const manifests = join(folder, '.carillon', 'manifest');
    const manifest = join(manifests, readdirSync(manifests)[0]!);
    const lines = readFileSync(manifest, 'utf8').split('\n');
    const hole = '\0'.repeat(40);
    writeFileSync(manifest, [`${hole}"torn":1}`, hole + lines[0], ...lines.slice(1)].join('\n'));
    expect(await verify(folder)).toMatchObject({ code: 0, text: expect.stringMatching(/^3 files whole/) });
  });

  it('counts files that no manifest names, without complaint', async () => {
    const folder = await folderWith('a');
    writeFileSync(join(folder, 'mine.json'), '{}');
    const [file] = filesIn(folder).filter((name) => name.includes('expense')) as [string];
    expect(await verify(folder)).toMatchObject({ code: 0 });
    expect((await verify(folder)).text).toContain('No manifest names 1 files here: mine.json');
    renameSync(join(folder, file), join(folder, 'moved.json'));
    const found = await verify(folder);
    expect(found.code).toBe(1);
    expect(found.text).toMatch(/No manifest names 2 files here: (mine|moved)\.json, (mine|moved)\.json/);
  });

  it('says nothing is missing while a processor writes', async () => {
    const folder = newFolder();
    const engine = await openEngine(folder);
    let isRunning = true;
    let count = 0;
    const writing = (async () => {
      while (isRunning && count < 5_000)
        await engine.write(Array.from({ length: 20 }, () => message(`m${count++}`)));
    })();
    for (let i = 0; i < 4; i++) expect(await verify(folder)).toMatchObject({ code: 0 });
    isRunning = false;
    await writing;
    expect((await verify(folder)).text).toContain(`${count} files whole`);
    await engine.close();
  });

  it('explains itself', async () => {
    expect(await verify()).toMatchObject({ code: 64 });
    const { code, text } = await verify(newFolder());
    expect(code).toBe(64);
    expect(text).toContain('has no manifests');
  });
});
