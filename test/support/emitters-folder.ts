import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../src/config/config-error.js';
import type { EmitterSettings } from '../../src/config/emitter-settings.js';
import { loadConfig } from '../../src/config/load-config.js';

/** A folder with an EMITTERS_FILE, and with `sub/p.json`, a good payload file. */
export class EmittersFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'carillon-emitters-'));

  constructor() {
    mkdirSync(join(this.path, 'sub'));
    writeFileSync(join(this.path, 'sub', 'p.json'), '[{"a":1}]');
  }

  load(text: string | Buffer, env: Record<string, string> = {}): readonly EmitterSettings[] {
    return this.config(text, env).emitter.emitters;
  }

  warnings(text: string, env: Record<string, string>): readonly string[] {
    return this.config(text, env).warnings;
  }

  private config(text: string | Buffer, env: Record<string, string>) {
    const file = join(this.path, 'emitters.yaml');
    writeFileSync(file, text);
    const catalogue = { parts: { emitter: { needs: () => [] } }, drivers: [] };
    return loadConfig({ TZ: 'Europe/Vienna', EMITTERS_FILE: file, ...env }, catalogue);
  }

  mistakes(text: string | Buffer, env: Record<string, string> = {}): readonly string[] {
    try {
      this.load(text, env);
    } catch (error) {
      return (error as ConfigError).mistakes;
    }
    return [];
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A file of one good emitter with one thing else. */
export function oneEmitter(change: Record<string, unknown>): string {
  const good = {
    name: 'a',
    every: '30s',
    target: { http: { url: 'http://target.test' } },
    payload: { template: {} },
  };
  return JSON.stringify({ emitters: [{ ...good, ...change }] });
}
