import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { appVariables } from '../src/config/app.variables.js';
import { emitOnceVariables } from '../src/config/emit-once.variables.js';
import { emitterVariables } from '../src/config/emitter.variables.js';
import { gatewayVariables } from '../src/config/gateway.variables.js';
import { processorVariables } from '../src/config/processor.variables.js';
import { schedulerVariables } from '../src/config/scheduler.variables.js';
import { docOf, type VariableDoc } from '../src/config/variable.js';
import { workerVariables } from '../src/config/worker.variables.js';
import { ERROR_CODES } from '../src/core/errors.js';
import { discoverDrivers } from '../src/drivers/discover.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Numbers that bound nothing: where something is, and how often or when something is done. */
const NO_BOUNDS = [
  ...['PORT', 'DB_PORT', 'REDIS_PORT', 'REDIS_DB', 'EMBEDDED_PARTITIONS', 'WORKER_QUEUE_WEIGHTS'],
  ...['SHUTDOWN_DELAY_MS', 'KAFKA_LINGER_MS', 'PERIOD_IN_SECONDS', 'RETRY_DELAY', 'EMITTER_BACKOFF_MS'],
  ...['EMITTER_CIRCUIT_OPEN_MS', 'PROCESSOR_RETRY_DELAYS_MS', 'SCHEDULER_QUANTUM_MS', 'SCHEDULER_SYNC_S'],
  ...['SCHEDULER_DELTA_S', 'WORKER_EVENT_LOOP_LATE_MS'],
];

/**
 * Constants with the name of a bound that nobody outside meets: sizes of batches and of caches, lengths that a format
 * has, what a log line names. By file under src.
 */
const INTERNAL: Record<string, string[]> = {
  'asynq/enqueue-calls.ts': ['MAX_TASKS', 'MAX_BYTES'],
  'asynq/enqueue-task.ts': ['MAX_PAYLOAD_BYTES', 'MAX_NAME_BYTES', 'MAX_HEADERS_BYTES'], // as drivers/check-task.ts
  'asynq/inspector.ts': ['MAX_PAGE'],
  'asynq/server/cleaner.ts': ['MOST_PER_CALL'],
  'asynq/server/fetcher.ts': ['MOST_PER_CALL'],
  'asynq/server/finisher.ts': ['MOST_PER_CALL'],
  'asynq/server/forwarder.ts': ['MOST_PER_CALL'],
  'asynq/server/heartbeat.ts': ['LONGEST_PAYLOAD'],
  'asynq/server/recoverer.ts': ['MOST_PER_CALL'],
  'asynq/server/verdict.ts': ['LONGEST_MESSAGE'],
  'checks/grpc/method.ts': ['MOST_READ'],
  'checks/http/json-query.ts': ['MOST_COMPILED'],
  'checks/http/json-thread.ts': ['MOST_HERE', 'MOST_RESTING'],
  'checks/http/oauth-token.ts': ['MOST_MS'],
  'checks/isolation/check-processes.ts': ['MOST_NAMED'],
  'checks/isolation/guard-connections.ts': ['MOST_KEPT'],
  'checks/isolation/protocol.ts': ['MOST_DEPTH', 'MOST_ERRORS', 'MOST_TEXT'],
  'checks/isolation/pulse.ts': ['MOST_SILENT_LOOKS'],
  'checks/isolation/start-child.ts': ['MOST_LINES'],
  'checks/isolation/strikes.ts': ['MOST_KEPT'],
  'core/json-text.ts': ['LONGEST_ESCAPE'],
  'core/loop-watch.ts': ['MOST_KEPT'],
  'checks/push.check.ts': ['MOST_GRACE_MS'],
  'checks/targets/resolver-pulse.ts': ['MOST_NAMES'],
  'checks/targets/target-names.ts': ['MOST_SYSTEM'],
  'config/emitters-file.ts': ['MOST_MISTAKES'],
  'config/file-target.ts': ['MOST_NAME_BYTES'],
  'core/calendar.ts': ['MOST_SPARE', 'MOST_ROOM'],
  'core/cron-grid.ts': ['MOST_STEPS'],
  'core/http-exchange.ts': ['MAX_RETRY_AFTER_MS'],
  'core/json-indent.ts': ['DEEPEST'],
  'drivers/check-task.ts': ['MOST_NAME_BYTES', 'MOST_HEADERS_BYTES'],
  'drivers/check-work.ts': ['MOST_PAGE'],
  'drivers/embedded/task-queue/room.ts': ['MOST_MOVED'],
  'drivers/embedded/task-queue/settle.ts': ['LONGEST_MESSAGE'],
  'drivers/embedded/worker/entry.ts': ['MOST_AT_ONCE'],
  'drivers/kafka/recent-refusals.ts': ['MOST'],
  'drivers/monitor-event-message.ts': ['LONGEST_ID'],
  'drivers/redis/address.ts': ['LONGEST_NAME'],
  'drivers/redis/monitor-events-gaps.ts': ['LONGEST_UNREADABLE_MS'],
  'drivers/sql/sqlite/worker.ts': ['MOST_PREPARED'],
  'drivers/sql/store/edit-monitors.ts': ['MOST_IDS'],
  'drivers/sql/store/record.ts': ['MOST_ID', 'MOST_MESSAGE', 'MOST_IDS'],
  'drivers/sql/store/upsert.ts': ['MOST_PARAMETERS'],
  'http/guard-host.ts': ['MOST_PORT'],
  'modules/emitter/backlog.ts': ['MOST'],
  'modules/emitter/emitter.ts': ['LONGEST_MS'],
  'modules/emitter/given-up/entry.ts': ['LONGEST_KEY_PART', 'LONGEST_REASON'],
  'modules/emitter/given-up/given-up-folder.ts': ['MOST_WRITES'],
  'modules/emitter/given-up/resend.ts': ['MOST_IN_A_ROW'],
  'modules/emitter/payloads/find-bounds.ts': ['MOST_HERE_BYTES'],
  'modules/emitter/payloads/payload-order.ts': ['MOST_EQUAL'],
  'modules/emitter/targets/circuits.ts': ['LONGEST_MS'],
  'modules/emitter/time/missed.ts': ['MOST_AT_ONCE'],
  'modules/processor/files/file-store.ts': ['MOST_PROBE_BYTES', 'MOST_RESTARTS'],
  'modules/processor/files/worker/instance.ts': ['MOST_LINKS'],
  'modules/processor/files/worker/names.ts': ['MOST_NAMES'],
  'modules/processor/files/write-queue.ts': ['MOST_FILES', 'MOST_BYTES'],
  'modules/scheduler/time/grids.ts': ['MOST_SHARED'],
  'modules/scheduler/time/pump.ts': ['MOST_TICKS'],
  'modules/worker/alerts/alert-delivery.ts': ['MOST_REMEMBERED'],
  'modules/worker/alerts/alert-outbox.ts': ['MOST_AT_ONCE', 'MOST_HELD'],
  'modules/worker/check/time-limits.ts': ['LONGEST_MS'],
  'modules/worker/monitors/monitor-cache.ts': ['MOST_IN_QUERY'],
  'modules/worker/observer/observer.ts': ['MOST_HOSTS'],
  'modules/worker/results/results-writer.ts': ['MOST_IN_BATCH'],
  'modules/worker/tasks/further-looks.ts': ['MOST_IN_BATCH'],
  'modules/worker/tasks/rhythm.ts': ['MOST_GRIDS'],
  'modules/worker/tasks/task-kind.ts': ['LONGEST_ID'],
  'process/process.module.ts': ['MOST_MS'],
};

const NUMBER = String.raw`([\d_]+(?: \* [\d_]+)*)`;
const BOUND_CONSTANT = new RegExp(
  String.raw`^(?:export )?const ((?:MOST|MAX|LONGEST|DEEPEST)\w*) = ${NUMBER};`,
  'gm',
);

interface Row {
  bound: string;
  variable?: string;
  constant?: { name: string; file: string };
  fallback: string;
  effect: string;
}

const read = (file: string) => readFile(join(ROOT, file), 'utf8');
const product = (text: string) =>
  text.split(' * ').reduce((all, each) => all * Number(each.replaceAll('_', '')), 1);

/** The rows of all tables under "## Bounds". */
async function tableRows(): Promise<Row[]> {
  const section = (await read('docs/operations.md')).split('\n## Bounds\n')[1]?.split('\n## ')[0] ?? '';
  const cells = section
    .split('\n')
    .filter((line) => /^\| (?!bound )/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return cells.map(([bound = '', by = '', fallback = '', effect = '', ...rest]) => {
    expect({ bound, rest }).toEqual({ bound, rest: [] });
    const [, name, file] = /^`(\w+)`(?: in `([\w./-]+)`)?$/.exec(by) ?? [];
    return {
      bound,
      fallback: fallback.replaceAll('`', ''),
      effect,
      ...(name !== undefined && (file === undefined ? { variable: name } : { constant: { name, file } })),
    };
  });
}

async function allVariables(): Promise<Map<string, VariableDoc>> {
  const drivers = await discoverDrivers();
  const shapes = [
    ...[appVariables, gatewayVariables, processorVariables, emitterVariables, schedulerVariables],
    ...[workerVariables, emitOnceVariables, ...drivers.map(({ variables }) => variables)],
  ].map(({ shape }) => shape);
  return new Map(
    shapes.flatMap((shape) => Object.entries(shape)).map(([name, schema]) => [name, docOf(schema)]),
  );
}

let rows: Row[];
let variables: Map<string, VariableDoc>;
beforeAll(async () => {
  rows = await tableRows();
  variables = await allVariables();
});

describe('the table of bounds in docs/operations.md', () => {
  it('says of every row what happens', () => {
    expect(rows.length).toBeGreaterThan(100);
    for (const { bound, effect, variable, constant, fallback } of rows) {
      expect({ bound, isTold: effect.length > 2 && fallback !== '' }).toEqual({ bound, isTold: true });
      if (!variable && !constant)
        expect({ bound, fallback, effect }).toEqual({ bound, fallback: '–', effect: 'unlimited' });
    }
  });

  it('has the variables’ names and defaults', () => {
    const named = rows.filter(({ variable }) => variable !== undefined);
    expect(named.length).toBeGreaterThan(50);
    for (const { variable = '', fallback } of named) {
      const doc = variables.get(variable);
      expect({ variable, fallback }).toEqual({
        variable,
        fallback: doc ? (doc.fallback ?? 'unset') : 'no variable',
      });
    }
  });

  it('has the constants’ files and values', async () => {
    const named = rows.flatMap(({ constant, fallback }) => (constant ? [{ ...constant, fallback }] : []));
    expect(named.length).toBeGreaterThan(40);
    for (const { name, file, fallback } of named) {
      const found = new RegExp(String.raw`\b${name}(?: =|:) ${NUMBER}[;,]`).exec(
        await read(`src/${file}`),
      )?.[1];
      const value = found === undefined ? 'no constant' : String(product(found));
      expect({ name, file, value: fallback }).toEqual({ name, file, value });
    }
  });

  it('names only error codes and variables that exist', () => {
    for (const { bound, effect } of rows) {
      const words = [...`${bound} ${effect}`.matchAll(/`([A-Z][A-Z0-9_]+)(?:=\w+)?`/g)].map(
        ([, word]) => word as string,
      );
      expect({
        bound,
        unknown: words.filter((word) => !(word in ERROR_CODES) && !variables.has(word)),
      }).toEqual({ bound, unknown: [] });
    }
  });

  it('has every variable that is a number and bounds something, once', () => {
    const listed = rows.flatMap(({ variable }) => variable ?? []);
    const numbers = [...variables].filter(([, { form }]) => /whole number/.test(form)).map(([name]) => name);
    const bounds = numbers.filter((name) => !NO_BOUNDS.includes(name));
    expect([...listed].sort()).toEqual(bounds.sort());
    expect(NO_BOUNDS.filter((name) => !numbers.includes(name))).toEqual([]);
  });

  it('has every constant that is called a bound, but for internal ones', async () => {
    const files = (await readdir(join(ROOT, 'src'), { recursive: true })).filter((file) =>
      /(?<!\.spec)\.ts$/.test(file),
    );
    const found = await Promise.all(
      files.map(async (file) =>
        [...(await read(`src/${file}`)).matchAll(BOUND_CONSTANT)].map(([, name]) => `${file} ${name}`),
      ),
    );
    const listed = rows.flatMap(({ constant }) => (constant ? [`${constant.file} ${constant.name}`] : []));
    const internal = Object.entries(INTERNAL).flatMap(([file, names]) =>
      names.map((name) => `${file} ${name}`),
    );
    const known = new Set([...listed, ...internal]);
    expect(
      found
        .flat()
        .filter((name) => !known.has(name))
        .sort(),
    ).toEqual([]);
    const all = new Set(found.flat());
    expect(internal.filter((name) => !all.has(name) || listed.includes(name))).toEqual([]);
  });
});
