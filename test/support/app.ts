import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { PARTS } from '../../src/app.module.js';
import { loadConfig } from '../../src/config/load-config.js';
import { createApp } from '../../src/create-app.js';
import { discoverDrivers } from '../../src/drivers/discover.js';
import { createJsonLogger } from '../../src/process/logger.js';
import { startApp as startListening } from '../../src/start-app.js';
import { stopGracefully } from '../../src/stop-gracefully.js';

/** The whole application in this process, on a free port and a data folder of its own. */
export interface RunningApp {
  url: string;
  app: NestFastifyApplication;
  /** As SIGTERM would; answers the exit code. */
  stop(): Promise<number>;
}

export type Environment = Record<string, string>;

export interface AppOptions {
  /** Filled with the log's lines as they are written, from `info` on. */
  log?: LogLine[];
}

/** One line of the log. */
export type LogLine = { level: number; msg: string } & Record<string, unknown>;

export async function startApp(env: Environment = {}, { log }: AppOptions = {}): Promise<RunningApp> {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-e2e-'));
  const environment = {
    PORT: '0',
    DATA_FOLDER: folder,
    OUTPUT_FOLDER: join(folder, 'messages'),
    SHUTDOWN_DELAY_MS: '0',
    ...env,
  };
  const config = loadConfig(environment, { parts: PARTS, drivers: await discoverDrivers() });
  const logger = log
    ? createJsonLogger('info', { write: (text: string) => void log.push(JSON.parse(text) as LogLine) })
    : pino({ level: process.env.TEST_LOG ?? 'silent' });
  const app = await createApp(config, logger);
  await startListening(app, config);
  const { port } = app.getHttpServer().address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    app,
    stop: async () => {
      const code = await stopGracefully(app, config, logger);
      await rm(folder, { recursive: true, force: true });
      return code;
    },
  };
}

/** A JSON answer: its status, headers and parsed body (`text` as it came). */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // A suite reads an answer as it comes.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  };
}

/** Sends `body` (text as it is, anything else as JSON) and reads the answer. */
export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const content = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return answerOf(
    await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: content as NonNullable<RequestInit['body']>,
    }),
  );
}

export async function get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  return answerOf(await fetch(url, { headers, redirect: 'manual' }));
}
