import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { AppConfig } from '../../config/app-config.js';
import { systemClock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { isOverBy } from '../../core/with-deadline.js';
import { HttpSender } from '../../core/http-sender.js';
import { LeaderLease } from '../../ports/leader-lease.port.js';
import { OpenPorts } from '../../ports/open-ports.js';
import { CONFIG, LOGGER } from '../../process/tokens.js';
import type { Emitter } from './emitter.js';
import { EmitterMetrics } from './emitter.metrics.js';
import { GivenUpFolder } from './given-up/given-up-folder.js';
import { Resender, type ResendRequest, type ResendResult } from './given-up/resend.js';
import { openEmitter } from './open-emitter.js';
import { PayloadFiles } from './payloads/payload-files.js';
import { Circuits } from './targets/circuits.js';

/** Of each message that is sent again by hand, where the emitter has no bound of its own. */
const RESEND_MS = 10_000;
/** Kept back of the time to stop, for the answer to who sends again, milliseconds. */
const TO_ANSWER_MS = 1000;

/** All emitters of this process, by name. */
@Injectable()
export class EmitterService {
  readonly givenUp: GivenUpFolder;
  private readonly emitters: ReadonlyMap<string, Emitter>;
  private readonly resender: Resender;
  private readonly rounds = new Set<Promise<unknown>>();
  private readonly stopping = new AbortController();
  private readonly cutting = new AbortController();

  constructor(
    @Inject(CONFIG) { emitter: config }: Pick<AppConfig, 'emitter'>,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: EmitterMetrics,
    sender: HttpSender,
    ports: OpenPorts,
  ) {
    const clock = systemClock;
    const circuits = new Circuits(config, clock);
    const onLost = (emitter: string) => metrics.lost.inc({ emitter });
    const folder = { folder: config.givenUpFolder, most: config.givenUpMost };
    this.givenUp = new GivenUpFolder(folder, { logger, clock, onLost });
    this.resender = new Resender(this.givenUp, clock);
    const payloadFiles = new PayloadFiles(logger, clock);
    const lease = config.leaderOnly ? ports.get(LeaderLease) : null;
    const leads = () => lease === null || Boolean(lease?.term);
    const { givenUp } = this;
    const context = { sender, ports, circuits, metrics, givenUp, payloadFiles, leads, clock, logger };
    this.emitters = new Map(config.emitters.map((one) => [one.name, openEmitter(one, context)]));
    metrics.watch({
      inFlight: () =>
        this.all.map(({ settings, books }) => [settings.name, books.snapshot().inFlight] as const),
      givenUpFiles: () => this.givenUp.files,
      circuits: () => circuits.states(),
    });
  }

  /** In the order of the configuration. */
  get all(): readonly Emitter[] {
    return [...this.emitters.values()];
  }

  /** @throws AppError EMITTER_UNKNOWN */
  named(name: string): Emitter {
    const emitter = this.emitters.get(name);
    if (emitter) return emitter;
    throw new AppError('EMITTER_UNKNOWN', 'There is no emitter of that name; see GET /emitters.');
  }

  /** @throws AppError PAYLOAD_FILE_UNUSABLE */
  async start(): Promise<void> {
    if (this.emitters.size === 0) {
      this.logger.info(
        'The emitter is idle: set PERIOD_IN_SECONDS, HTTP_POST_ENDPOINT and PAYLOAD_FILE_PATH, or API_URL and ENVIRONMENT, or EMITTERS_FILE to have messages sent on time.',
      );
      return;
    }
    await this.givenUp.start();
    for (const emitter of this.all) await emitter.prepare();
    for (const emitter of this.all) emitter.start();
    this.logger.info(
      { emitters: [...this.emitters.keys()] },
      `Emitters have begun: ${[...this.emitters.keys()].join(', ')}.`,
    );
  }

  /** Sends again what an emitter gave up. @throws AppError RESEND_IN_PROGRESS, OUTPUT_UNUSABLE */
  async resend(emitter: Emitter, request: ResendRequest): Promise<ResendResult> {
    const { name, retry, timeoutMs } = emitter.settings;
    const maxElapsedMs = retry.maxElapsedMs ?? Math.max(RESEND_MS, timeoutMs);
    const limits = { maxElapsedMs, signal: this.cutting.signal };
    const way = { target: emitter.context.target, limits, stopping: this.stopping.signal };
    const round = this.resender.resend(name, request, way);
    this.rounds.add(round);
    const result = await round.finally(() => this.rounds.delete(round));
    if (!request.dryRun) this.metrics.resent.inc({ emitter: name }, result.ids.length);
    return result;
  }

  /** No tick any more, from the moment in which the process begins to stop. */
  endTicks(): void {
    for (const emitter of this.all) emitter.endTicks();
  }

  /** Resolves when nothing is in flight, or lies in the folder; answers what was cut off. */
  async stop(deadlineMs: number): Promise<string | null> {
    const end = performance.now() + deadlineMs;
    this.stopping.abort();
    const emitters = this.all.map((emitter) => emitter.stop(deadlineMs));
    const left = await Promise.all([...emitters, this.stopRounds(deadlineMs)]);
    const cut = left.filter((sentence) => sentence !== null);
    if (!(await isOverBy(this.givenUp.settled(), end))) cut.push('EMITTER_GIVEN_UP_FOLDER does not answer');
    return cut.length === 0 ? null : cut.join('; ');
  }

  /** The send that each round has under way ends; or is cut off, and its message stays where it is. */
  private async stopRounds(deadlineMs: number): Promise<string | null> {
    const end = performance.now() + deadlineMs - Math.min(TO_ANSWER_MS, deadlineMs / 2);
    const areOver = await isOverBy(Promise.allSettled(this.rounds), end);
    this.cutting.abort();
    return areOver
      ? null
      : 'messages being sent again were cut off; they still are in EMITTER_GIVEN_UP_FOLDER';
  }
}
