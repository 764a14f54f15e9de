import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

interface Service {
  image?: string;
  build?: { context: string; dockerfile: string };
  command?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  environment?: Record<string, string>;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFile(`${ROOT}${file}`, 'utf8');

async function servicesOf(file: string): Promise<[string, Service][]> {
  const { services } = parse(await read(file), { merge: true }) as { services: Record<string, Service> };
  return Object.entries(services);
}

describe.each(['docker/compose.yaml', 'docker/compose.full.yaml'])('%s', (file) => {
  it('lets no service gain a privilege, and ours write nothing but volumes', async () => {
    const services = await servicesOf(file);
    expect(services.some(([, { build }]) => build)).toBe(true);
    for (const [name, { build, read_only, cap_drop, security_opt }] of services) {
      expect({ name, cap_drop, security_opt }).toEqual({
        name,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      if (build) expect({ name, read_only }).toEqual({ name, read_only: true });
    }
  });

  it('demands passwords and has none written in', async () => {
    for (const [name, { environment = {}, command = '' }] of await servicesOf(file)) {
      for (const [variable, value] of Object.entries(environment)) {
        if (/PASS|SECRET|TOKEN/.test(variable))
          expect({ name, variable, value }).toEqual({
            name,
            variable,
            value: expect.stringMatching(/^\$\{\w+(:\?[^}]+)?\}$/),
          });
        expect(String(value)).not.toMatch(/:\/\/[^$/@]+:[^$/@]+@/);
      }
      expect(command).not.toMatch(/requirepass (?!\$\{)/);
    }
    expect(await read(file)).not.toMatch(/\$\{\w*(PASS|SECRET)\w*:?-/);
  });

  it('demands each password where it is used first', async () => {
    const text = await read(file);
    for (const [, variable] of text.matchAll(/\$\{(\w*PASS\w*)\}/g))
      expect(text).toContain(`\${${variable}:?`);
  });
});

describe('docker/Dockerfile', () => {
  it('builds on a base that a digest may pin, runs no install script, and runs as a user without rights', async () => {
    const text = await read('docker/Dockerfile');
    expect(text).toMatch(/^ARG BASE=node:/m);
    expect(text.match(/^FROM .*$/gm)).toEqual(['FROM ${BASE} AS build', 'FROM ${BASE}']);
    for (const [command] of text.matchAll(/npm (ci|prune)[^&\n]*/g))
      expect(command).toContain('--ignore-scripts');
    expect(text).toMatch(/^USER 1000:1000$/m);
  });
});

describe('packages', () => {
  it('run no install script, and no script of ours needs npm to run another before it', async () => {
    expect(await read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
    const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
    const names = Object.keys(scripts);
    const hooks = names.filter(
      (name) => /^(pre|post)/.test(name) && names.includes(name.replace(/^(pre|post)/, '')),
    );
    expect(hooks).toEqual([]);
  });
});
