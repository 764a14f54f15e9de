import { Inject, Injectable } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthCheckResult } from '@nestjs/terminus';
import type { AppConfig } from '../../config/app-config.js';
import { scrub } from '../../core/scrub.js';
import { withDeadline } from '../../core/with-deadline.js';
import { OpenPorts } from '../../ports/open-ports.js';
import { PartHealth, type PartTrouble } from '../../process/part-health.js';
import { CONFIG } from '../../process/tokens.js';

const PING_MS = 2000;
/** Probes that come at once share one round of pings. */
const FRESH_MS = 500;

/** One open port: its driver, and why it is down. */
export interface PortState {
  port: string;
  driver: string;
  state: 'up' | 'down';
  reason?: string;
}

export interface Health {
  /** True when every port that the deciding parts (READY_REQUIRES) need is up, and none of those parts is in trouble. */
  isReady: boolean;
  ports: PortState[];
  troubles: PartTrouble[];
}

/** Asks every open port over the connection that is in use. */
@Injectable()
export class HealthService {
  private last: { at: number; health: Promise<Health> } | undefined;

  constructor(
    private readonly checks: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly ports: OpenPorts,
    private readonly parts: PartHealth,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'needs' | 'readyRequires'>,
  ) {}

  health(): Promise<Health> {
    const now = performance.now();
    if (!this.last || now - this.last.at > FRESH_MS) this.last = { at: now, health: this.ask() };
    return this.last.health;
  }

  private async ask(): Promise<Health> {
    const open = this.ports.list();
    const { details } = await this.check(open);
    const ports = open.map(({ name, port }): PortState => {
      const { status, reason } = details[name] as { status: 'up' | 'down'; reason?: string };
      return { port: name, driver: port.driver, state: status, reason };
    });
    const required = this.ports.list(
      this.config.readyRequires.flatMap((part) => this.config.needs[part] ?? []),
    );
    const down = new Set(ports.filter(({ state }) => state === 'down').map(({ port }) => port));
    const isHeldUp = this.parts.isStopped(this.config.readyRequires);
    const isReady =
      !isHeldUp && !required.some(({ name, port }) => down.has(name) || port.writeTrouble !== null);
    return { isReady, ports, troubles: [...this.parts.troubles(), ...this.writeTroubles()] };
  }

  /** Of each part, the ports it needs that take no writes; a disk that several share is told once. */
  private writeTroubles(): PartTrouble[] {
    return Object.entries(this.config.needs).flatMap(([part, needs]) => {
      const errors = this.ports.list(needs).map(({ port }) => port.writeTrouble);
      return [...new Set(errors)].flatMap((error) =>
        error ? [{ part, code: error.code, message: error.message }] : [],
      );
    });
  }

  private async check(open: ReturnType<OpenPorts['list']>): Promise<HealthCheckResult> {
    try {
      return await this.checks.check(
        open.map(
          ({ name, port }) =>
            () =>
              this.indicate(name, () => port.ping()),
        ),
      );
    } catch (thrown) {
      // Terminus answers "some are down" as an exception that carries the result.
      return (thrown as { getResponse(): HealthCheckResult }).getResponse();
    }
  }

  private async indicate(name: string, ping: () => Promise<void>) {
    const indicator = this.indicators.check(name);
    try {
      await withDeadline(ping(), PING_MS, () => new Error(`no answer within ${PING_MS} ms`));
      return indicator.up();
    } catch (error) {
      return indicator.down({ reason: scrub(error instanceof Error ? error.message : String(error)) });
    }
  }
}
