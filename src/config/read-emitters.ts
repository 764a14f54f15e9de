import { datetimeOf, propagatorOf } from './contract-emitters.js';
import { commonOf, defaultsOf, type EmitterRead } from './emitter-defaults.js';
import type { EmitterSettings, EmittersSettings } from './emitter-settings.js';
import { emitterVariables } from './emitter.variables.js';
import { fileEmitters } from './file-emitters.js';
import { PayloadFilesCheck } from './payload-files-check.js';
import { readVariables } from './read-variables.js';

/** What the emitters' variables are read with. */
export interface EmittersReading {
  /** The part runs here; where it does not, its variables are nobody's and are not looked at. */
  runs: boolean;
  /** The part `leader` runs here, too. */
  hasLeader: boolean;
  dataFolder: string;
  mistakes: string[];
  warnings: string[];
}

/** The variables that make an emitter, all of them; and those that mean nothing without it. */
const CONTRACTS: readonly { required: readonly string[]; first: string | null; more: readonly string[] }[] = [
  {
    required: ['PERIOD_IN_SECONDS', 'HTTP_POST_ENDPOINT', 'PAYLOAD_FILE_PATH'],
    first: null,
    more: ['HEALTH_CHECK_ENDPOINT', 'EMITTER_ORDER'],
  },
  {
    required: ['API_URL', 'ENVIRONMENT'],
    // Some platforms set ENVIRONMENT for everything, so that alone it is no wish for an emitter.
    first: 'API_URL',
    more: ['MAX_RETRIES', 'RETRY_DELAY', 'DATETIME_CRON'],
  },
];

/** The emitters that the environment asks for; of no use when there are mistakes. */
export function readEmitters(
  env: Readonly<Record<string, string>>,
  reading: EmittersReading,
): EmittersSettings {
  const { runs, dataFolder, mistakes } = reading;
  const own = runs ? wanted(env, reading) : {};
  const read = readVariables(emitterVariables, own, mistakes) ?? readRest(own);
  if (read.EMITTER_BACKOFF_CAP_MS < read.EMITTER_BACKOFF_MS)
    mistakes.push('EMITTER_BACKOFF_CAP_MS must be at least EMITTER_BACKOFF_MS');
  if (read.EMITTER_LEADER_ONLY && !reading.hasLeader)
    mistakes.push(
      'EMITTER_LEADER_ONLY=true needs the part leader in the same process: add leader to MODULES',
    );
  return { emitters: emittersOf(read, env, mistakes), ...commonOf(read, dataFolder) };
}

/** What is left without the malformed variables, so that the mistakes of files are told at the same time. */
function readRest(env: Readonly<Record<string, string>>): EmitterRead {
  const wrong = emitterVariables.safeParse(env).error?.issues.map(({ path }) => path[0]) ?? [];
  return emitterVariables.parse(
    Object.fromEntries(Object.entries(env).filter(([name]) => !wrong.includes(name))),
  );
}

/** The environment without what asks for nothing: of that there is a warning. */
function wanted(env: Readonly<Record<string, string>>, { mistakes, warnings }: EmittersReading) {
  const own = { ...env };
  for (const { required, first, more } of CONTRACTS) {
    const set = required.filter((name) => env[name] !== undefined);
    const isWanted = first === null ? set.length > 0 : env[first] !== undefined;
    if (isWanted) {
      const missing = required.filter((name) => env[name] === undefined);
      mistakes.push(...missing.map((name) => `Missing required environment variable: ${name}`));
      continue;
    }
    for (const name of [...required, ...more]) {
      if (env[name] === undefined || (name === 'EMITTER_ORDER' && env.EMITTERS_FILE !== undefined)) continue;
      delete own[name];
      // EMITTER_ORDER etc. are harmless; who set them may believe that something is sent.
      warnings.push(`${name} has no effect without ${first ?? required.join(', ')}`);
    }
  }
  return own;
}

function emittersOf(
  read: EmitterRead,
  env: Readonly<Record<string, string>>,
  mistakes: string[],
): EmitterSettings[] {
  const context = { env, defaults: defaultsOf(read, env), payloadFiles: new PayloadFilesCheck(), mistakes };
  const contracts = [propagatorOf(read, context), datetimeOf(read, context)].filter(
    (one) => one !== undefined,
  );
  const more = read.EMITTERS_FILE === undefined ? [] : fileEmitters(read.EMITTERS_FILE, context);
  const emitters = [...contracts, ...more];
  const taken = new Set<string>();
  for (const { name } of emitters) {
    if (taken.has(name)) mistakes.push(`EMITTERS_FILE has a second emitter ${name}: give it another name`);
    taken.add(name);
  }
  return emitters;
}
