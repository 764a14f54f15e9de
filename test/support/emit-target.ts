import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { balance, type BooksSnapshot } from '../../src/modules/emitter/time/books.js';
import { get, post, startApp, type Answer, type Environment, type LogLine, type RunningApp } from './app.js';
import { BadServer, status, type Behaviour, type SeenRequest } from './bad-server.js';

/** As the API of the datetime message answers. */
export const created = status(201, {}, '{"message":"stored"}');

/** A message as a target sees it. */
export interface SeenMessage extends SeenRequest {
  /** The `Idempotency-Key`. */
  key: string;
  /** The end of the key of a tick: its planned time, milliseconds since the Unix epoch. */
  plannedAt: number;
}

/** A real HTTP server that messages go to: it records them and answers by script, 201 when there is none. */
export class EmitTarget {
  readonly url: string;
  private readonly port: number;

  private constructor(private server: BadServer) {
    server.behave = created;
    this.port = server.port;
    this.url = server.url('/event').href;
  }

  static async listen(): Promise<EmitTarget> {
    return new EmitTarget(await BadServer.listen());
  }

  /** What lies at this path is asked with GET, before the first message. */
  at(path: string): string {
    return new URL(path, this.url).href;
  }

  get messages(): SeenMessage[] {
    return this.server.seen.map((request) => {
      const key = String(request.headers['idempotency-key']);
      return { ...request, key, plannedAt: Number(/\d+$/.exec(key)?.[0]) };
    });
  }

  /** Answers to the next requests, one each; then the one for all others. */
  script(next: Behaviour[], behave: Behaviour = created): void {
    this.server.next = [...next];
    this.server.behave = behave;
  }

  /** Lets all requests wait from now on; those that wait, and all later ones, are answered by `open`. */
  hold(): { open: (behave?: Behaviour) => void } {
    const waiting: ((behave: Behaviour) => void)[] = [];
    this.server.behave = (response, request) => void waiting.push((behave) => behave(response, request));
    return {
      open: (behave = created) => {
        this.server.behave = behave;
        for (const answer of waiting.splice(0)) answer(behave);
      },
    };
  }

  /** Nobody listens there any more. */
  close(): Promise<void> {
    return this.server.close();
  }

  /** On the same port; what was seen before is forgotten. */
  async comeBack(): Promise<void> {
    this.server = await BadServer.listen({ port: this.port });
    this.server.behave = created;
  }
}

/** One emitter of an EMITTERS_FILE, of which a test says only what matters to it. */
export function emitterTo(target: EmitTarget, fields: Record<string, unknown> = {}) {
  return {
    name: 'alpha',
    every: 'never',
    target: { http: { url: target.url } },
    payload: { template: { n: '{{count}}' } },
    retry: { attempts: 3, delay: 'fixed', base_ms: 20, max_elapsed_s: 10 },
    ...fields,
  };
}

export async function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'carillon-emit-'));
}

export async function emittersFile(emitters: readonly object[]): Promise<string> {
  const path = join(await newFolder(), 'emitters.json');
  await writeFile(path, JSON.stringify({ emitters }));
  return path;
}

/** A service that emits, in this process. */
export interface EmittingApp extends RunningApp {
  log: LogLine[];
  /** One emitter, as GET /emitters/:name shows it. */
  // A suite reads an answer as it comes.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  show: (name?: string) => Promise<any>;
  /** POST /emitters/:name/… */
  call: (action: string, body?: unknown, name?: string) => Promise<Answer>;
}

export async function startEmitting(env: Environment): Promise<EmittingApp> {
  const log: LogLine[] = [];
  const app = await startApp(env, { log });
  return {
    ...app,
    log,
    show: async (name = 'alpha') => (await get(`${app.url}/emitters/${name}`)).body,
    call: (action, body = {}, name = 'alpha') => post(`${app.url}/emitters/${name}/${action}`, body),
  };
}

export async function startEmitters(
  emitters: readonly object[],
  env: Environment = {},
): Promise<EmittingApp> {
  return startEmitting({ EMITTERS_FILE: await emittersFile(emitters), ...env });
}

/** As the API shows them. */
export type BooksView = Omit<BooksSnapshot, 'givenUp' | 'inFlight'> & { given_up: number; in_flight: number };

export function expectBalance({ given_up: givenUp, in_flight: inFlight, ...others }: BooksView): void {
  expect(balance({ ...others, givenUp, inFlight })).toEqual({ planned: 0, sent: 0 });
}

/** What lies in a folder of given-up messages; hidden names too, which are none. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}
