import { Injectable } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';

export type Edit = 'created' | 'updated' | 'deleted' | 'paused' | 'resumed';
const EDITS: readonly Edit[] = ['created', 'updated', 'deleted', 'paused', 'resumed'];

export type Imported = 'created' | 'replaced' | 'unchanged' | 'skipped' | 'failed';
const IMPORTED: readonly Imported[] = ['created', 'replaced', 'unchanged', 'skipped', 'failed'];

/** The figures of the monitors API; every label is known from the start. */
@Injectable()
export class ApiMetrics {
  readonly edits: Counter<'edit'>;
  readonly imported: Counter<'outcome'>;
  /** Events that nobody may have been told of. */
  readonly unsent: Counter;
  readonly runNow: Counter;
  readonly pushes: Counter<'outcome'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.edits = new Counter({
      name: 'carillon_monitors_edits_total',
      help: 'Edits of monitors over HTTP, imports apart',
      labelNames: ['edit'],
      registers,
    });
    for (const edit of EDITS) this.edits.inc({ edit }, 0);
    this.imported = new Counter({
      name: 'carillon_monitors_imported_total',
      help: 'Monitors of imports, by what became of them',
      labelNames: ['outcome'],
      registers,
    });
    for (const outcome of IMPORTED) this.imported.inc({ outcome }, 0);
    this.unsent = new Counter({
      name: 'carillon_monitors_events_unsent_total',
      help: 'Edits of which no event could be published: schedulers and workers find them by their syncs',
      registers,
    });
    this.runNow = new Counter({
      name: 'carillon_scheduler_run_now_total',
      help: 'Checks that were asked for by hand; no part of the books of ticks',
      registers,
    });
    this.pushes = new Counter({
      name: 'carillon_pushes_total',
      help: 'Calls of push URLs',
      labelNames: ['outcome'],
      registers,
    });
    for (const outcome of ['up', 'down', 'unknown_token']) this.pushes.inc({ outcome }, 0);
  }
}
