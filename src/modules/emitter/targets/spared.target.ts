import type { CircuitBreaker, Permit } from '../../../core/circuit-breaker.js';
import type { EmitLimits, EmitMessage, EmitResult, Target } from '../message.js';

/** A target without its circuit. */
export interface Sending extends Omit<Target, 'circuitOpen'> {
  /** Targets of one address share a circuit. Without a secret. */
  readonly address: string;
  /** Whether a refusal came from the target. */
  wasReached(refusal: EmitResult): boolean;
}

const NOT_SENT: EmitResult = {
  end: 'given up',
  reason: 'nothing was sent; the circuit is open, for the target keeps failing',
  status: null,
  attempts: 0,
  elapsedMs: 0,
  latencyMs: 0,
  mayHaveArrived: false,
  aborted: false,
};

/** Sends as long as the target's circuit lets it. One permit a send, settled however that ends. */
export class SparedTarget implements Target {
  readonly shown: string;

  constructor(
    private readonly target: Sending,
    /** Null: there is none. */
    private readonly circuit: CircuitBreaker | null,
  ) {
    this.shown = target.shown;
  }

  get circuitOpen(): boolean {
    return this.circuit !== null && !this.circuit.admits;
  }

  async send(message: EmitMessage, limits: EmitLimits): Promise<EmitResult> {
    const permit = this.circuit?.enter();
    if (permit === null) return NOT_SENT;
    try {
      const result = await this.target.send(message, limits);
      if (permit) this.settle(permit, result);
      return result;
    } finally {
      permit?.withdrawn(); // nothing where it was settled
    }
  }

  private settle(permit: Permit, result: EmitResult): void {
    if (result.aborted || result.attempts === 0) permit.withdrawn();
    else if (result.end === 'given up') permit.failed();
    else if (result.end === 'delivered' || this.target.wasReached(result)) permit.succeeded();
    else permit.withdrawn();
  }
}
