import { ConfigError } from './config/config-error.js';
import { HttpSender } from './core/http-sender.js';
import { rememberSecrets } from './core/scrub.js';
import { EXIT, type ExitCode } from './emit-once/exit-codes.js';
import { plannedTime } from './emit-once/planned-time.js';
import { readEmitOnce } from './emit-once/read-emit-once.js';
import { sendOnce } from './emit-once/send-once.js';
import { stopOnSignal } from './emit-once/stop-on-signal.js';
import { datetimeKey } from './modules/emitter/datetime-key.js';
import { datetimeMessage } from './modules/emitter/payloads/datetime-message.js';
import { requestOf } from './modules/emitter/targets/http-request.js';
import { dieLoudly, lastWords } from './process/die-loudly.js';
import { readEnvironment } from './process/environment.js';
import { createLogger } from './process/logger.js';
import { takeStrayOutput } from './process/stray-output.js';

/** Sends one datetime message, for CronJobs: no port, no database, no folder. Answers what to exit with. */
async function emitOnce(): Promise<ExitCode> {
  const settings = readEmitOnce(readEnvironment(process.env));
  const { url, environment, course, signingSecret, proxies } = settings;
  rememberSecrets(settings.secrets);
  const logger = await createLogger(settings.log);
  dieLoudly(logger);
  takeStrayOutput(logger);
  const { atMs, from, doubt } = plannedTime(settings.planned, Date.now());
  if (doubt) logger.warn(`The planned time is now: ${doubt}. A repeat of this run will have another key.`);
  const key = datetimeKey(environment, atMs);
  const body = datetimeMessage(atMs, environment);
  logger.info({ plannedAt: new Date(atMs).toISOString(), from, key }, `Sending to ${url.host}.`);
  const { timeoutMs } = course;
  const shape = { url, method: 'POST', headers: {}, timeoutMs, signingSecret };
  const signals = stopOnSignal(logger);
  const request = () => requestOf(shape, { key, body }, Date.now(), signals.cut);
  return sendOnce(request, course, { sender: new HttpSender({ proxies }), logger, signals });
}

emitOnce().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(lastWords(error));
    process.exit(error instanceof ConfigError ? EXIT.config : EXIT.unforeseen);
  },
);
