import type { DriverDefinition } from '../drivers/define-driver.js';
import { MessageExchange } from '../ports/message-exchange.port.js';
import { MonitorStore } from '../ports/monitor-store.port.js';
import { TaskQueue } from '../ports/task-queue.port.js';
import type { ChosenDriver } from './app-config.js';

/** Servers of the five systems: the variables that give their address, and those that mean nothing without it. */
const SERVERS: { address: string[]; example: string; variables: string[] }[] = [
  { address: ['KAFKA_BOOTSTRAP_SERVERS'], example: 'KAFKA_BOOTSTRAP_SERVERS=localhost:9092', variables: [] },
  {
    address: ['RABBITMQ_URL'],
    example: 'RABBITMQ_URL=amqp://localhost',
    variables: ['RABBITMQ_VHOST'],
  },
  {
    address: ['REDIS_HOST', 'REDIS_URL', 'REDIS_SENTINELS'],
    example: 'REDIS_HOST=localhost',
    variables: ['REDIS_DB', 'REDIS_PASSWORD', 'REDIS_PORT'],
  },
  {
    address: ['DB_TYPE'],
    example: 'DB_TYPE=postgres',
    variables: ['DB_HOST', 'DB_NAME', 'DB_PASS', 'DB_PORT', 'DB_USER'],
  },
];

/** Mean something on the embedded driver as well; whoever sets them may still believe that a broker is asked. */
const EMBEDDED_TOO = ['RABBITMQ_EXCHANGE', 'RABBITMQ_QUEUE'];

/** Has a use of its own: it names the source of messages too. */
const ALSO_READ = new Set(['KAFKA_CLIENT_ID']);

/** Kubernetes sets such for every Service: `REDIS_PORT=tcp://10.0.0.1:6379`. Nobody asked for those. */
const FROM_KUBERNETES = /^tcp:\/\//;

/** Variables of a server whose address is not given, and which no embedded driver reads: they would have no effect. One sentence each. */
export function withoutAddress(
  env: Readonly<Record<string, string>>,
  drivers: readonly DriverDefinition[],
): string[] {
  const always = drivers.filter(({ address }) => address.length === 0);
  const read = new Set([...ALSO_READ, ...always.flatMap((driver) => Object.keys(driver.variables.shape))]);
  return SERVERS.flatMap(({ address, example, variables }) => {
    if (address.some((name) => env[name] !== undefined)) return [];
    const own = drivers.filter((driver) => driver.address.some((name) => address.includes(name)));
    const names = new Set([...variables, ...own.flatMap((driver) => Object.keys(driver.variables.shape))]);
    return [...names]
      .filter((name) => env[name] !== undefined && !read.has(name) && !FROM_KUBERNETES.test(env[name]))
      .sort()
      .map((name) => `${name} has no effect without ${address.join(' or ')}: add a line such as ${example}`);
  });
}

/** Names of a broker's things where no broker is named: the embedded driver takes them. At most one sentence. */
export function heldEmbedded(
  env: Readonly<Record<string, string>>,
  chosen: readonly ChosenDriver[],
): string[] {
  if (chosen.every(({ port }) => port !== MessageExchange)) return [];
  const names = EMBEDDED_TOO.filter((name) => env[name] !== undefined);
  if (names.length === 0 || env.RABBITMQ_URL !== undefined) return [];
  return [
    `${names.join(' and ')} ${names.length === 1 ? 'names' : 'name'} what the embedded driver holds under DATA_FOLDER, as RABBITMQ_URL is not set: ` +
      'for a broker add a line such as RABBITMQ_URL=amqp://localhost, else RABBITMQ_URL=embedded',
  ];
}

/** A queue that other processes may share, of monitors that they cannot know. At most one sentence. */
export function queueBeyondStore(
  env: Readonly<Record<string, string>>,
  chosen: readonly ChosenDriver[],
): string[] {
  const isServer = (asked: ChosenDriver['port']) =>
    chosen.find(({ port }) => port === asked)?.driver.address.length !== 0;
  const hasBoth = [TaskQueue, MonitorStore].every((asked) => chosen.some(({ port }) => port === asked));
  if (!hasBoth || !isServer(TaskQueue) || isServer(MonitorStore) || env.DB_TYPE !== undefined) return [];
  return [
    'The monitors lie under DATA_FOLDER and their tasks on a Redis: another process there drops the tasks of monitors that its own database has not. ' +
      'For more than one process name a database that all share, with a line such as DB_TYPE=postgres, else DB_TYPE=embedded',
  ];
}
