import { z } from 'zod';
import {
  flag,
  httpUrl,
  int,
  oneOf,
  optionalInt,
  optionalOneOf,
  optionalText,
  signingSecret,
} from './variable.js';

const propagator = {
  PERIOD_IN_SECONDS: optionalInt(
    { min: 1, max: 2_147_483 },
    'The emitter `propagator`: seconds between two events. It runs when this, HTTP_POST_ENDPOINT and PAYLOAD_FILE_PATH are set.',
  ),
  HTTP_POST_ENDPOINT: httpUrl(
    'The emitter `propagator`: where it posts. May hold a user and a password, which are sent as basic authentication.',
  ),
  PAYLOAD_FILE_PATH: optionalText(
    'The emitter `propagator`: a JSON array of objects, of which it posts one each period. Read again when it changes.',
    'a file',
  ),
  HEALTH_CHECK_ENDPOINT: httpUrl(
    'The emitter `propagator`: asked until it answers 2xx, before the first event is planned.',
  ),
  EMITTER_ORDER: oneOf(
    ['random', 'sequence', 'shuffle'],
    'random',
    'How payloads are taken from a file, where an emitter of EMITTERS_FILE does not say: each time any of them; one after the other; each once a round, in any order.',
  ),
};

const datetime = {
  API_URL: httpUrl(
    'The emitter `datetime`: the API whose `/api/messages` the datetime message is posted to; a path in it is kept. It exists when this and ENVIRONMENT are set.',
  ),
  ENVIRONMENT: optionalOneOf(['prod', 'test'], 'The emitter `datetime`: the `environment` of its message.'),
  MAX_RETRIES: int(
    { min: 1, max: 100, default: 3 },
    'The emitter `datetime`: attempts in all, the first one included.',
  ),
  RETRY_DELAY: int(
    { min: 0, max: 86_400, default: 30 },
    'The emitter `datetime`: seconds between two attempts, always the same.',
  ),
  DATETIME_CRON: optionalText(
    'The emitter `datetime`: when it sends, in the zone of TZ. Unset: by `POST /emitters/datetime/trigger` only.',
    'a cron line of five fields, or six with seconds first',
  ),
};

const time = {
  EMITTER_MISSED: oneOf(
    ['skip', 'latest', 'all'],
    'skip',
    'Which of the ticks that came too late are made up for.',
  ),
  EMITTER_WINDOW_S: int(
    { min: 1, max: 31_536_000, default: 3600 },
    'How old a missed tick may be that is made up for, in seconds.',
  ),
  EMITTER_OVERLAP: oneOf(
    ['skip', 'queue', 'allow'],
    'allow',
    'What becomes of a tick while the one before is still in flight: skipped, queued, or sent beside it.',
  ),
  EMITTER_MAX_IN_FLIGHT: int(
    { min: 1, max: 10_000, default: 16 },
    'With EMITTER_OVERLAP=allow, the most messages of one emitter in flight; a tick above it is skipped.',
  ),
  EMITTER_LEADER_ONLY: flag(
    false,
    'Only the leader of several replicas emits. Needs the part `leader`; intervals then lie on the Unix epoch.',
  ),
};

const sending = {
  EMITTER_TIMEOUT_MS: int(
    { min: 100, max: 600_000, default: 10_000 },
    'How long one attempt may take. The emitter `datetime` has 30 s.',
  ),
  EMITTER_ATTEMPTS: int(
    { min: 1, max: 100, default: 5 },
    'How often a message is tried in all. The emitter `datetime` has MAX_RETRIES.',
  ),
  EMITTER_BACKOFF_MS: int(
    { min: 1, max: 3_600_000, default: 200 },
    'The first retry comes within so long, at a random moment; doubled for each further one.',
  ),
  EMITTER_BACKOFF_CAP_MS: int(
    { min: 1, max: 86_400_000, default: 5000 },
    'No retry waits longer, unless `Retry-After` says so.',
  ),
  EMITTER_RETRY_AFTER_CAP_S: int(
    { min: 0, max: 86_400, default: 60 },
    'A `Retry-After` is obeyed up to so many seconds.',
  ),
  EMITTER_MAX_ELAPSED_S: optionalInt(
    { min: 1, max: 604_800 },
    'How long all attempts of a message may take, in seconds. Unset: until the next tick; the emitter `datetime` has time for all of its attempts.',
  ),
  EMITTER_CIRCUIT_FAILURES: int(
    { min: 0, max: 10_000, default: 5 },
    'After so many failures in a row nothing is sent to a target for a while, and ticks are skipped; 0: never.',
  ),
  EMITTER_CIRCUIT_OPEN_MS: int(
    { min: 100, max: 3_600_000, default: 5000 },
    'For how long at first; doubled each time that the target still fails.',
  ),
  EMITTER_SIGNING_SECRET: signingSecret(
    'Messages to HTTP targets are signed with it, as Standard Webhooks says.',
  ),
  EMITTER_GIVEN_UP_FOLDER: optionalText(
    'Where messages lie that could not be delivered. Unset: `emitter-given-up` in DATA_FOLDER.',
    'a folder',
  ),
  EMITTER_GIVEN_UP_MOST: int(
    { min: 1, max: 1_000_000, default: 10_000 },
    'The most files there; what is given up beyond it is lost, and the log says so.',
  ),
};

/** Variables of the part `emitter`. Those of time and sending are what each emitter of the file has by default. */
export const emitterVariables = z.object({
  ...propagator,
  ...datetime,
  EMITTERS_FILE: optionalText(
    'Any number of emitters, in YAML or JSON: docs/emitters.schema.json describes it.',
    'a file',
  ),
  ...time,
  ...sending,
});
