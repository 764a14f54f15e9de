import { describe, expect, it } from '@jest/globals';
import type { LogLine } from '../support/app.js';
import { mysqlEcho, redisEcho, startEcho, type Echo } from '../support/echoing-server.js';
import { eventually } from '../support/eventually.js';
import { startProcess } from '../support/process.js';

const START_MS = 60_000;

/** Everything that a process writes until `words` are there, on both of its outputs. */
async function outputOf(
  env: Record<string, string>,
  words: string,
  signal?: NodeJS.Signals,
): Promise<string[]> {
  const { log, child, exited } = await startProcess(env, START_MS);
  try {
    if (signal) child.kill(signal);
    await eventually(() => expect(log.join('\n')).toContain(words), START_MS);
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
  return log;
}

/** A process that uses this server. */
async function outputBeside(
  echo: Echo,
  said: string,
  env: (port: number) => Record<string, string>,
  words: string,
) {
  const server = await startEcho(echo, said);
  return outputOf(env(server.port), words).finally(() => server.stop());
}

const redis = (port: number) => ({
  MODULES: 'leader,health',
  REDIS_HOST: '127.0.0.1',
  REDIS_PORT: String(port),
  REDIS_PASSWORD: 'swordfish',
});

/** A greeting with the number of a later packet, of which mysql2 tells the console. */
const outOfOrder: Echo = {
  greeting: (words) => {
    const packet = mysqlEcho.greeting!(words);
    packet[3] = 7;
    return packet;
  },
};

describe('what libraries write past the log', () => {
  it('is in the log: mysql2’s words for the console', async () => {
    const env = (port: number) => ({
      MODULES: 'leader,scheduler,worker,health',
      DB_TYPE: 'mysql',
      DB_HOST: '127.0.0.1',
      DB_PORT: String(port),
      DB_USER: 'someone',
      DB_PASS: 'swordfish',
      DB_NAME: 'shop',
    });
    const lines = await outputBeside(outOfOrder, 'no swordfish', env, 'packets out of order');
    const parsed = lines.map((line) => JSON.parse(line) as LogLine);
    expect(parsed).toContainEqual(
      expect.objectContaining({ level: 50, from: 'console', msg: expect.stringContaining('out of order') }),
    );
    expect(lines.join('\n')).not.toContain('swordfish');
  });

  it('is in the log: Node’s warnings', async () => {
    const warn = 'process.on("SIGUSR2", () => process.emitWarning("mind https://h/?token=abc"))';
    const env = {
      MODULES: 'health',
      NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(warn)}`,
    };
    const lines = await outputOf(env, 'mind https://h', 'SIGUSR2');
    expect(lines.map((line) => JSON.parse(line) as LogLine)).toContainEqual(
      expect.objectContaining({ level: 40, from: 'Warning', msg: 'mind https://h/?token=********' }),
    );
  });
});

describe('LOG_PRETTY', () => {
  it('sends a terminal nothing of what a server says that it would obey', async () => {
    const said = 'x\u001b[2J\u001b]0;title\u0007 swordfish \u202e';
    const env = (port: number) => ({ ...redis(port), LOG_PRETTY: 'true' });
    const lines = await outputBeside(redisEcho, said, env, 'x\\u001b[2J\\u001b]0;title\\u0007');
    // eslint-disable-next-line no-control-regex
    expect(lines.join('\n')).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]|swordfish/);
  });
});
