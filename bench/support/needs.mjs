// Whether what a bench needs is on this machine.
import { firstLine, serverLine } from './versions.mjs';

/** Each answers null when it is missing. */
const TOOLS = {
  go: { words: 'Go (go)', find: () => firstLine('go', 'version') },
  java: { words: 'Kafka on Java (test/servers/kafka.sh ready)', find: () => serverLine('kafka') },
  npm: { words: 'npm', find: () => firstLine('npm', '--version') },
  python: { words: 'Python 3 (python3)', find: () => firstLine('python3', '--version') },
  rabbitmq: { words: 'RabbitMQ (test/servers/rabbitmq.sh ready)', find: () => serverLine('rabbitmq') },
  redis: { words: 'Redis (test/servers/redis.sh ready)', find: () => serverLine('redis') },
};

/** The words of those that are missing. */
export function missing(needs) {
  return needs.filter((need) => TOOLS[need].find() === null).map((need) => TOOLS[need].words);
}
