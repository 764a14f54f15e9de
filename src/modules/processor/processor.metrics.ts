import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Registry } from 'prom-client';

/** The figures of consuming; those of files are in files/. */
@Injectable()
export class ProcessorMetrics {
  readonly consumed: Counter;
  readonly consumedBytes: Counter;
  readonly redelivered: Counter;
  readonly inFlight: Gauge;
  readonly retried: Counter<'code'>;
  readonly deadLettered: Counter<'code'>;
  readonly sunk: Counter<'sink' | 'code'>;

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
      new Counter({ name: `carillon_processor_${name}_total`, help, labelNames, registers });
    this.consumed = counter('consumed', 'Deliveries taken in hand');
    this.consumedBytes = counter('consumed_bytes', 'Bytes of their payloads');
    this.redelivered = counter('redelivered', 'Deliveries that may have been in hand before');
    this.retried = counter('retried', 'Deliveries put off to a later attempt, by error code', ['code']);
    this.deadLettered = counter('dead_lettered', 'Messages given up, by error code', ['code']);
    this.sunk = counter('sink_messages', 'Messages by sink and outcome: OK, or an error code', [
      'sink',
      'code',
    ]);
    this.inFlight = new Gauge({
      name: 'carillon_processor_in_flight',
      help: 'Deliveries in hand',
      registers,
    });
  }

  /** Shows whether the subscription delivers, whenever somebody looks. */
  watchConsumer(registry: Registry, isConsuming: () => boolean): void {
    new Gauge({
      name: 'carillon_processor_consuming',
      help: '1 while the queue is bound and delivers, else 0',
      registers: [registry],
      collect() {
        this.set(isConsuming() ? 1 : 0);
      },
    });
  }
}
