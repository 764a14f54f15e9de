import type { Logger } from 'pino';

const REMIND_MS = 60_000;

interface Line {
  saidAt: number;
  unsaid: number;
}

/** Says of each kind of failure the first one, then once a minute at most, with a count: poison comes in floods. */
export class FailureLines {
  private readonly lines = new Map<string, Line>();

  constructor(
    private readonly logger: Logger,
    private readonly now: () => number = Date.now,
  ) {}

  /** `about` names the message without its payload. */
  failed(level: 'warn' | 'error', code: string, text: string, about: Record<string, unknown>): void {
    const line = this.lines.get(code) ?? { saidAt: -Infinity, unsaid: 0 };
    this.lines.set(code, line);
    line.unsaid += 1;
    const now = this.now();
    if (now - line.saidAt < REMIND_MS) return;
    const others = line.unsaid === 1 ? '' : ` (${line.unsaid} such since the last line)`;
    this.logger[level]({ code, ...about }, `${text}${others}`);
    line.saidAt = now;
    line.unsaid = 0;
  }
}
