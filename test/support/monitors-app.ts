import { MonitorEvents, type MonitorEvent } from '../../src/ports/monitor-events.port.js';
import {
  answerOf,
  startApp,
  type Answer,
  type AppOptions,
  type Environment,
  type RunningApp,
} from './app.js';

/** The parts of monitoring on embedded drivers; checks may ask this machine. */
const PARTS: Environment = { MODULES: 'leader,scheduler,worker,health', CHECK_ALLOW: '127.0.0.1' };

/** The monitors API of a whole application, and the events that it publishes. */
export interface MonitorsApp extends RunningApp {
  events: MonitorEvent[];
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export async function startMonitors(env: Environment = {}, options: AppOptions = {}): Promise<MonitorsApp> {
  const app = await startApp({ ...PARTS, ...env }, options);
  const events: MonitorEvent[] = [];
  app.app.get(MonitorEvents).listen({ onEvent: (event) => events.push(event), onGap: () => undefined });
  return { ...app, events, send: (...request) => send(app.url, ...request) };
}

async function send(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const init: RequestInit = { method, headers };
  if (body !== undefined) {
    init.headers = { 'content-type': 'application/json', ...headers };
    init.body = typeof body === 'string' ? body : JSON.stringify(body);
  }
  return answerOf(await fetch(url + path, init));
}

/** A good monitor that has no ticks, unless `more` says otherwise. */
export function aMonitor(more: object = {}) {
  return {
    name: 'shop',
    type: 'tcp',
    interval: 60,
    active: false,
    config: { host: '127.0.0.1', port: 9 },
    ...more,
  };
}

/** What no answer may show. */
export const SECRETS = ['s3cret-of-basic', 's3cret-in-url'];

/** One that has them. */
export function aSecretMonitor(more: object = {}) {
  const config = {
    url: `http://probe:${SECRETS[1]}@127.0.0.1:9/health`,
    authMethod: 'basic',
    basic_auth_user: 'probe',
    basic_auth_pass: SECRETS[0],
  };
  return aMonitor({ name: 'secret', type: 'http', config, ...more });
}
