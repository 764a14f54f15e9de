import type { Redis } from 'ioredis';
import { Script } from '../../asynq/script.js';
import type { Clock } from '../../core/clock.js';
import type { LeaderView } from '../../ports/leader-lease.port.js';
import type { RedisLink } from './redis-link.js';

export interface LeaseSettings {
  key: string;
  /** How long a lease lasts after it was taken or prolonged, milliseconds. */
  ttlMs: number;
}

/** What became of an attempt to take the lease. */
export type Attempt =
  | { state: 'taken'; number: number; since: number }
  /** Somebody has it for so long; null: for ever. */
  | { state: 'held'; endsMs: number | null }
  /** The server, or this candidate, cannot know who leads, for so long. */
  | { state: 'unsettled'; endsMs: number };

const TAKE = new Script(new URL('scripts/lease-take.lua', import.meta.url));
const RENEW = new Script(new URL('scripts/lease-renew.lua', import.meta.url));
const RELEASE = new Script(new URL('scripts/lease-release.lua', import.meta.url));
const LOOK = new Script(new URL('scripts/lease-look.lua', import.meta.url));

/** As lease-take.lua answers; `isAhead`: the server's clock has gone further than ours. */
interface Reply {
  state: string;
  answer: number[];
  isAhead: boolean;
}

/** Clocks may differ in rate by so much; as much of a lease its holder does not use. */
export const MARGIN = 0.02;

/** Asked again after so long when commands come late again and again, milliseconds. */
const LATE_MS = 50;

/** The lease's commands: each is one script call. @throws AppError LEASE_UNAVAILABLE, STORAGE_FULL */
export class LeaseServer {
  private readonly keys: [lease: string, terms: string];
  /** What the server's clock showed, and when, by ours, the command was sent that read it. */
  private seen: { now: number; sentAt: number } | null = null;
  /** Since when, by ours. */
  private watchesSince: number | null = null;

  constructor(
    private readonly link: Pick<RedisLink, 'run'>,
    readonly settings: LeaseSettings,
    readonly holder: string,
    private readonly clock: Clock,
  ) {
    this.keys = [settings.key, `${settings.key}:term`];
  }

  /** Where a release is told. Channels know no database: who listens on another one's looks once in vain. */
  get released(): string {
    return `${this.settings.key}:released`;
  }

  async take(): Promise<Attempt> {
    const asked = await this.askFor(false);
    // Only the time of the answer tells a clock that was set ahead from a command that came late.
    const { state, answer } =
      asked.isAhead || asked.state === 'ahead' ? await this.askFor(asked.isAhead) : asked;
    const [first, second] = answer;
    if (state === 'taken') return { state, number: first!, since: second! };
    if (state === 'held') return { state, endsMs: first! < 0 ? null : first! };
    return { state: 'unsettled', endsMs: Math.max(first!, LATE_MS) };
  }

  private async askFor(wasAhead: boolean): Promise<Reply> {
    const { ttlMs } = this.settings;
    const latest = Math.ceil(this.latestNow());
    const sentAt = this.clock.monotonic();
    const [state, ...rest] = await this.call(TAKE, [
      this.holder,
      ttlMs,
      wasAhead ? 0 : latest,
      Number(wasAhead),
      Math.floor(sentAt - (this.watchesSince ?? sentAt)),
    ]);
    const answer = rest.map(Number);
    return { state: String(state), answer, isAhead: this.saw(answer.at(-1)!, sentAt) };
  }

  /** False when the term is over. */
  async renew(term: { number: number; since: number }): Promise<boolean> {
    const { ttlMs } = this.settings;
    const sentAt = this.clock.monotonic();
    const [state, now] = await this.call(RENEW, [this.holder, ttlMs, term.number, term.since]);
    this.saw(Number(now), sentAt);
    return String(state) === 'kept';
  }

  /** Harmless when it is not ours. */
  async release(): Promise<void> {
    await this.link.run('LEASE_UNAVAILABLE', (redis) =>
      RELEASE.run(redis, this.keys, [this.holder, this.released]),
    );
  }

  async look(): Promise<LeaderView> {
    const [holder, left, number, since] = await this.call(LOOK, []);
    const known = (value: unknown) => (value === null ? null : Number(value));
    return {
      holder: holder === null ? null : (holder as Buffer).toString(),
      term: known(number),
      since: known(since),
      leftMs: holder === null || Number(left) < 0 ? null : Number(left),
    };
  }

  private async call(script: Script, args: (string | number)[]): Promise<unknown[]> {
    const run = (redis: Redis) => script.run(redis, this.keys, args);
    return (await this.link.run('LEASE_UNAVAILABLE', run)) as unknown[];
  }

  /** What the server's clock shows at most at this moment, unless it was set ahead; 0 when that is not known. */
  private latestNow(): number {
    if (!this.seen) return 0;
    const { now, sentAt } = this.seen;
    const margin = this.settings.ttlMs * MARGIN;
    return now + (this.clock.monotonic() - sentAt) * (1 + MARGIN) + margin;
  }

  /** True when the server's clock has gone further than ours since it was last seen. */
  private saw(now: number, sentAt: number): boolean {
    const latest = this.latestNow();
    this.seen = { now, sentAt };
    this.watchesSince ??= this.clock.monotonic();
    return latest > 0 && now > latest;
  }
}
