import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { readFindings } from './findings.js';
import { claimPorts } from './ports.js';
import { runScript } from './run-script.js';

export interface RabbitmqOptions {
  /** Also listen with TLS: see `tlsUrl` and `caFile` of the server. */
  tls?: boolean;
  /** The one user there is; guest with the password guest when left out. */
  user?: { name: string; password: string };
  /** Plugins to start with, e.g. `['rabbitmq_management']`. Each costs some start time. */
  plugins?: string[];
  /** More lines of rabbitmq.conf, e.g. `{ heartbeat: '5', 'disk_free_limit.absolute': '1GB' }`. */
  config?: Record<string, string>;
}

/** Queues and persistent messages outlive `kill` and `stop`: `start` finds them, on the same ports. */
export interface RabbitmqServer {
  /** amqp://user:password@127.0.0.1:port, without a path. */
  url: string;
  /** amqps://…, and the CA (PEM) that its certificate is from; with `tls` only. */
  tlsUrl?: string;
  caFile?: string;
  /** Of `url`; with the management plugin, its HTTP API is on port + 3. */
  port: number;
  /** SIGKILL, half a second after the call: see save_names in rabbitmq.sh. */
  kill(): Promise<void>;
  /** A clean stop: clients are told. */
  stop(): Promise<void>;
  /** After `kill` or `stop`; resolves when clients can connect (3 to 4 s). */
  start(): Promise<void>;
  /** `stop`, then `start`. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. `resume` ends it. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** rabbitmqctl (0.5 s), e.g. `ctl(['-q', 'list_queues', 'name'])`; answers what it printed. */
  ctl(args: string[]): Promise<string>;
  /** Ends it for good and removes its data; for `afterAll`. */
  release(): Promise<void>;
}

/** A broker of the caller's own, which it may kill and configure; call `release` in `afterAll`. Takes 3 to 5 s. */
export async function startPrivateRabbitmq(options: RabbitmqOptions = {}): Promise<RabbitmqServer> {
  const ports = await claimPorts();
  const folder = join(readFindings().runFolder, `rabbitmq-${randomUUID().slice(0, 8)}`);
  const user = options.user ?? { name: 'guest', password: 'guest' };
  const env = environment({ ...options, user }, ports.first, folder);
  const script = (...args: string[]): Promise<string> => runScript('rabbitmq.sh', args, { env });
  const command = (name: string) => async (): Promise<void> => void (await script(name));
  const [stop, start, remove] = [command('stop'), command('start'), command('remove')];
  const release = async (): Promise<void> => {
    await remove();
    ports.release();
  };
  try {
    await start();
  } catch (error) {
    await release();
    throw error;
  }
  const authority = `${encodeURIComponent(user.name)}:${encodeURIComponent(user.password)}@127.0.0.1`;
  return {
    url: `amqp://${authority}:${ports.first}`,
    tlsUrl: options.tls ? `amqps://${authority}:${ports.first + 1}` : undefined,
    caFile: options.tls ? join(folder, 'ca.pem') : undefined,
    port: ports.first,
    kill: command('kill'),
    stop,
    start,
    restart: async () => {
      await stop();
      await start();
    },
    pause: command('pause'),
    resume: command('resume'),
    ctl: (args) => script('ctl', ...args),
    release,
  };
}

type Filled = RabbitmqOptions & Required<Pick<RabbitmqOptions, 'user'>>;

function environment(options: Filled, port: number, folder: string): Record<string, string> {
  const lines = Object.entries(options.config ?? {}).map(([name, value]) => `${name} = ${value}`);
  return {
    RMQ_PORT: String(port),
    RMQ_RUN: folder,
    RMQ_TLS: options.tls ? '1' : '0',
    RMQ_USER: options.user.name,
    RMQ_PASSWORD: options.user.password,
    RMQ_PLUGINS: (options.plugins ?? []).join(' '),
    RMQ_CONFIG: lines.join('\n'),
  };
}
