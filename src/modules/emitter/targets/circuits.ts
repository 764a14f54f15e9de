import { CircuitBreaker, type CircuitState } from '../../../core/circuit-breaker.js';
import type { Clock } from '../../../core/clock.js';

/** A target is never spared for longer, unless the first time is longer already. */
const LONGEST_MS = 60_000;

export interface CircuitSettings {
  /** Failures in a row that open a circuit; 0: there are none. */
  circuitFailures: number;
  circuitOpenMs: number;
}

/** The circuits of all emitters, one an address. */
export class Circuits {
  private readonly circuits = new Map<string, CircuitBreaker>();

  constructor(
    private readonly settings: CircuitSettings,
    private readonly clock: Clock,
    private readonly random?: () => number,
  ) {}

  at(address: string): CircuitBreaker | null {
    if (this.settings.circuitFailures === 0) return null;
    const circuit = this.circuits.get(address) ?? this.create();
    this.circuits.set(address, circuit);
    return circuit;
  }

  states(): { address: string; state: CircuitState }[] {
    return [...this.circuits].map(([address, { state }]) => ({ address, state }));
  }

  private create(): CircuitBreaker {
    const { circuitFailures: failures, circuitOpenMs: openMs } = this.settings;
    const maxOpenMs = Math.max(openMs, LONGEST_MS);
    const monotonic = () => this.clock.monotonic();
    return new CircuitBreaker({ failures, openMs, maxOpenMs, monotonic, random: this.random });
  }
}
