import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

async function files(folder: string, pattern: RegExp): Promise<string[]> {
  return (await readdir(join(ROOT, folder), { recursive: true })).filter((file) => pattern.test(file)).sort();
}

describe('the tree', () => {
  it('has fresh generated files: .env.example, docs/configuration.md, docs/emitters.schema.json, docs/openapi.json', async () => {
    await run(process.execPath, ['scripts/write-docs.mjs', '--check'], { cwd: ROOT });
  }, 60_000);

  it('runs every driver through its port’s contract', async () => {
    const drivers = await files('src/drivers', /\.driver\.ts$/);
    expect(drivers.length).toBeGreaterThan(0);
    for (const driver of drivers) {
      const port = basename(driver, '.driver.ts');
      const specs = await files(`test/drivers/${driver.split('/')[0]}`, /\.spec\.ts$/);
      const texts = await Promise.all(
        specs.map((spec) =>
          readFile(join(ROOT, 'test/drivers', driver.split('/')[0] as string, spec), 'utf8'),
        ),
      );
      const isRun = texts.some((text) => text.includes(`contracts/${port}.contract.js`));
      expect({ driver, isRun }).toEqual({ driver, isRun: true });
    }
  });

  it('pins every package, and keeps download addresses out of the lock file', async () => {
    const lock = await readFile(join(ROOT, 'package-lock.json'), 'utf8');
    expect(lock).not.toContain('"resolved"');
    const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    for (const version of Object.values({ ...manifest.dependencies, ...manifest.devDependencies })) {
      expect(version).toMatch(/^\d+\.\d+\.\d+/);
    }
  });
});
