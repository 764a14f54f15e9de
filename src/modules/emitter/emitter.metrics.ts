import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { CIRCUIT_STATES, type CircuitState } from '../../core/circuit-breaker.js';
import type { EmitResult } from './message.js';

const LATENESS_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300];
const LATENCY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What gauges show, whenever somebody looks. */
export interface EmitterGauges {
  /** By emitter. */
  inFlight: () => Iterable<readonly [emitter: string, sends: number]>;
  givenUpFiles: () => Iterable<readonly [emitter: string, files: number]>;
  circuits: () => Iterable<{ address: string; state: CircuitState }>;
}

/** The figures of all emitters; their names are bounded by configuration. */
@Injectable()
export class EmitterMetrics {
  readonly planned: Counter<'emitter'>;
  readonly sent: Counter<'emitter'>;
  readonly skipped: Counter<'emitter' | 'reason'>;
  readonly ends: Counter<'emitter' | 'end'>;
  readonly attempts: Counter<'emitter'>;
  /** Of messages that were given up before. */
  readonly resent: Counter<'emitter'>;
  /** Given up or refused, and not kept. */
  readonly lost: Counter<'emitter'>;
  /** Seconds. */
  readonly lateness: Histogram<'emitter'>;
  /** Seconds. */
  readonly latency: Histogram<'emitter'>;

  constructor(private readonly registry: Registry) {
    const registers = [registry];
    const counter = <L extends string>(name: string, help: string, labels: L[] = []) => {
      const labelNames: ('emitter' | L)[] = ['emitter', ...labels];
      return new Counter({ name: `carillon_emitter_${name}_total`, help, labelNames, registers });
    };
    const histogram = (name: string, help: string, buckets: number[]) => {
      const labelNames = ['emitter'] as const;
      return new Histogram({
        name: `carillon_emitter_${name}_seconds`,
        help,
        labelNames,
        buckets,
        registers,
      });
    };
    this.planned = counter('planned', 'Ticks that were due, and triggers: sent and skipped ones together');
    this.sent = counter('sent', 'Ticks that became a message');
    this.skipped = counter('skipped', 'Ticks that became none, by reason', ['reason']);
    this.ends = counter('ends', 'Messages by end: delivered, refused or given up', ['end']);
    this.attempts = counter('attempts', 'Attempts to send, retries included');
    this.resent = counter('resent', 'Messages delivered after they had been given up');
    this.lost = counter('lost', 'Messages neither delivered nor kept: the given-up folder took no more');
    this.lateness = histogram('lateness', 'From the planned time to the send', LATENESS_BUCKETS);
    this.latency = histogram('latency', 'From the last attempt to its answer or failure', LATENCY_BUCKETS);
  }

  /** A message has come to its end. */
  ended(emitter: string, { end, attempts, latencyMs }: EmitResult): void {
    this.ends.inc({ emitter, end: end.replace(' ', '_') });
    this.attempts.inc({ emitter }, attempts);
    if (attempts > 0) this.latency.observe({ emitter }, latencyMs / 1000);
  }

  /** It is to be sent, perhaps when its turn comes. */
  taken(emitter: string): void {
    this.planned.inc({ emitter });
    this.sent.inc({ emitter });
  }

  /** Its first attempt begins. */
  began(emitter: string, latenessMs: number): void {
    this.lateness.observe({ emitter }, latenessMs / 1000);
  }

  watch({ inFlight, givenUpFiles, circuits }: EmitterGauges): void {
    this.gauge('in_flight', 'Messages without an end yet, those that wait for their turn included', inFlight);
    this.gauge('given_up_files', 'Messages that were given up and are kept', givenUpFiles);
    new Gauge({
      name: 'carillon_emitter_circuit_state',
      help: 'The circuit of a target: 0 closed, 1 half-open, 2 open',
      labelNames: ['target'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { address, state } of circuits()) this.set({ target: address }, CIRCUIT_STATES[state]);
      },
    });
  }

  private gauge(name: string, help: string, look: () => Iterable<readonly [string, number]>): void {
    new Gauge({
      name: `carillon_emitter_${name}`,
      help,
      labelNames: ['emitter'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [emitter, value] of look()) this.set({ emitter }, value);
      },
    });
  }
}
