import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Registry } from 'prom-client';
import type { Term } from '../../ports/leader-lease.port.js';

/** The figures of leadership; renewals are counted by the driver. */
@Injectable()
export class LeaderMetrics {
  private readonly terms: Gauge;
  private readonly transitions: Counter<'to'>;

  constructor(private readonly registry: Registry) {
    const registers = [registry];
    this.terms = new Gauge({
      name: 'carillon_leader_term',
      help: 'The number of the last term of this process; 0 before its first',
      registers,
    });
    this.transitions = new Counter({
      name: 'carillon_leader_transitions_total',
      help: 'How often this process became leader, or ceased to be it',
      labelNames: ['to'],
      registers,
    });
    for (const to of ['leader', 'standby'] as const) this.transitions.inc({ to }, 0);
  }

  won(number: number): void {
    this.terms.set(number);
    this.transitions.inc({ to: 'leader' });
  }

  lost(): void {
    this.transitions.inc({ to: 'standby' });
  }

  /** Asks the lease whenever somebody looks. */
  watch(term: () => Term | null): void {
    const gauge = (name: string, help: string, value: () => number) =>
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(value());
        },
      });
    gauge('carillon_leader', 'Whether this process leads, by its own clock: 1 or 0', () => (term() ? 1 : 0));
    gauge(
      'carillon_leader_lease_left_seconds',
      'Until the lease ends unless it is renewed, by its holder’s clock; 0 without it, +Inf when it never ends',
      () => (term()?.leftMs ?? 0) / 1000,
    );
  }
}
