// Which versions take part: of the tools, the servers, Carillon's own packages and those of the peers.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { inRoot } from './processes.mjs';

/** Packages that only benches install. */
export const BULLMQ = '6.7.0';
export const CRON = '4.4.0';
/** The last line of versions that runs on Node 20. */
export const PLATFORMATIC = '1.35.0';

const OWN = ['fastify', 'kafkajs', 'amqplib', 'ioredis', '@photostructure/sqlite'];

/** Of a package in node_modules. */
export function versionOf(name) {
  return JSON.parse(readFileSync(inRoot('node_modules', name, 'package.json'), 'utf8')).version;
}

/** The first line that a command prints, on whichever stream; null when it cannot be run. */
export function firstLine(command, ...args) {
  try {
    const text = execFileSync('bash', ['-c', '"$0" "$@" 2>&1', command, ...args], { encoding: 'utf8' });
    return text.split('\n').find((line) => line.trim() !== '') ?? '';
  } catch {
    return null;
  }
}

/** What the script of a server says that there is; null when there is none. */
export const serverLine = (name) => firstLine('bash', inRoot(`test/servers/${name}.sh`), 'ready');

/** `Redis 7.0.15 (/usr/bin/redis-server)` is 7.0.15. */
export const numberIn = (line) => /\d+\.\d+[\d.]*/.exec(line ?? '')?.[0] ?? 'none';

function pythonPeers() {
  const text = readFileSync(inRoot('bench/peers/requirements.txt'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => line.replace('==', ' '));
}

function goPeers() {
  const text = ['robfig-cron', 'asynq-queue'].map((name) =>
    readFileSync(inRoot('bench/peers', name, 'go.mod'), 'utf8'),
  );
  const direct = text.flatMap((each) => [...each.matchAll(/^require (\S+) v(\S+)$/gm)]);
  return direct.map(([, name, version]) => `${name.replace('github.com/', '')} ${version}`);
}

/** By kind: lines of names with versions. */
export function versions() {
  const tools = {
    Node: process.version.slice(1),
    Python: numberIn(firstLine('python3', '--version')),
    Go: numberIn(firstLine('go', 'version')),
    Java: numberIn(firstLine('java', '-version')),
  };
  const servers = { Kafka: 'kafka', RabbitMQ: 'rabbitmq', Redis: 'redis' };
  const named = (pairs) => Object.entries(pairs).map(([name, version]) => `${name} ${version}`);
  return {
    tools: named(tools),
    servers: Object.entries(servers).map(([name, script]) => `${name} ${numberIn(serverLine(script))}`),
    'packages of Carillon': OWN.map((name) => `${name} ${versionOf(name)}`),
    'peers in Python': pythonPeers(),
    'peers in Go': goPeers(),
    'peers in JavaScript': [
      `bullmq ${BULLMQ}`,
      `cron ${CRON}`,
      `croner ${versionOf('croner')}`,
      `@platformatic/kafka ${PLATFORMATIC}`,
    ],
  };
}
