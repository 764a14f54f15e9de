import { pino } from 'pino';
import type { CheckContext, CheckDefinition, CheckOutcome } from '../../src/checks/define-check.js';
import { CheckProcesses, type PoolOptions } from '../../src/checks/isolation/check-processes.js';
import { openTargetNet } from '../../src/checks/targets/open-target-net.js';
import { checkContext } from './look-once.js';

const ENTRY = new URL('./odd-checks-child.mjs', import.meta.url);
/** A busy machine is slow to start a child. */
const TIMEOUT_MS = 60_000;

let pools: CheckProcesses[] = [];
let log: { level: number; msg: string }[] = [];

/** What the pools of this test have logged. */
export function logged(words: string): { level: number; msg: string }[] {
  return log.filter(({ msg }) => msg.includes(words));
}

/** For `afterEach`. */
export async function stopPools(): Promise<void> {
  await Promise.all(pools.map((pool) => pool.stop()));
  pools = [];
  log = [];
}

/** Children that run the checks of odd-checks-child.mjs; they may ask anybody. */
export function openPool(given: Partial<PoolOptions> = {}): CheckProcesses {
  const pool = new CheckProcesses({
    processes: 1,
    memoryMb: 256,
    environment: {},
    lateMs: 300,
    net: openTargetNet({ level: 'any', allow: [], deny: [] }),
    logger: pino({ level: 'trace' }, { write: (text: string) => void log.push(JSON.parse(text) as never) }),
    entry: ENTRY,
    ...given,
  });
  pools.push(pool);
  return pool;
}

interface Asked {
  config?: Record<string, unknown>;
  id?: string;
  context?: Partial<CheckContext>;
  onError?: (error: unknown) => void;
}

export function runOdd(
  pool: CheckProcesses,
  type: string,
  { config = {}, id = type, context = {}, onError }: Asked = {},
): Promise<CheckOutcome> {
  const monitor = { id, name: `name of ${id}`, type, interval: 60, createdAt: 0 };
  const given = checkContext({ timeoutMs: TIMEOUT_MS, monitor, ...context });
  return pool.run({ type } as CheckDefinition, config, given, onError);
}
