import { afterEach, beforeEach } from '@jest/globals';
import { get } from './app.js';
import { EmitTarget, emitterTo, newFolder, startEmitters, type EmittingApp } from './emit-target.js';

/** A process with one emitter, `alpha`. */
export class Alpha {
  /** Where its messages go. */
  target!: EmitTarget;
  /** Where what is given up lies. */
  folder!: string;
  private running: EmittingApp | undefined;

  get app(): EmittingApp {
    if (!this.running) throw new Error('start it first');
    return this.running;
  }

  /** Starts it, with these fields of the emitter and variables of the process. */
  async start(fields: Record<string, unknown> = {}, env: Record<string, string> = {}): Promise<EmittingApp> {
    const variables = { EMITTER_GIVEN_UP_FOLDER: this.folder, ...env };
    return (this.running = await startEmitters([emitterTo(this.target, fields)], variables));
  }

  /** What the API answers about its dead letters. */
  async letters(query = '') {
    return (await get(`${this.app.url}/emitters/alpha/dead-letters${query}`)).body;
  }

  async prepare(): Promise<void> {
    this.target = await EmitTarget.listen();
    this.folder = await newFolder();
  }

  async end(): Promise<void> {
    await this.running?.stop();
    this.running = undefined;
    await this.target.close();
  }
}

/** For each test of the file: a target and a folder of its own; what the test starts is stopped. */
export function useAlpha(): Alpha {
  const alpha = new Alpha();
  beforeEach(() => alpha.prepare());
  afterEach(() => alpha.end());
  return alpha;
}
