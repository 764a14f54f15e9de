import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { BadServer } from '../../support/bad-server.js';
import type { TargetService } from '../support/target-service.js';

const TOPIC = 'good';
const INTERVAL_MS = 100;

/** Produces a record ten times a second. */
export class GoodProducer {
  /** Records that were answered with 200. */
  sent = 0;
  /** Other answers, and requests without an answer. */
  readonly refused: string[] = [];
  longestMs = 0;
  private isOver = false;
  private readonly sending: Promise<void>;

  constructor(private readonly service: TargetService) {
    this.sending = this.sendAll();
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.sending;
  }

  /** How many records the topic contains. */
  async stored(): Promise<number> {
    const { body } = await this.service.expectStatus(200, 'GET', `/topics/${TOPIC}`);
    const partitions = body.partitions as { earliest: number; next: number }[];
    return partitions.reduce((sum, { earliest, next }) => sum + next - earliest, 0);
  }

  private async sendAll(): Promise<void> {
    for (let n = 0; !this.isOver; n++) {
      const began = performance.now();
      try {
        const record = { topic: TOPIC, message: { n } };
        const { status, text } = await this.service.request('POST', '/produce', record);
        if (status === 200) this.sent += 1;
        else this.refused.push(`${status} ${text.slice(0, 200)}`);
      } catch (error) {
        this.refused.push(String((error as Error).cause ?? error));
      }
      this.longestMs = Math.max(this.longestMs, performance.now() - began);
      await delay(INTERVAL_MS);
    }
  }
}

export interface GoodResult {
  at: number;
  status: string;
  message: string;
}

/** A monitor of a good server whose body is read. The scheduler runs it each second. */
export class GoodMonitor {
  private constructor(
    private readonly service: TargetService,
    private readonly id: string,
  ) {}

  static async create(service: TargetService, good: BadServer): Promise<GoodMonitor> {
    const id = randomUUID();
    const config = { url: good.url().href, keyword: 'good' };
    const monitor = { id, name: 'good monitor', type: 'http-keyword', interval: 1, config };
    await service.expectStatus(201, 'POST', '/monitors', monitor);
    return new GoodMonitor(service, id);
  }

  /** The newest 1,000 results. */
  async results(): Promise<GoodResult[]> {
    const { body } = await this.service.expectStatus(200, 'GET', `/monitors/${this.id}/history?limit=1000`);
    const results = body.results as { at: string; status_text: string; message: string }[];
    return results.map(({ at, status_text, message }) => ({
      at: Date.parse(at),
      status: status_text,
      message,
    }));
  }
}
