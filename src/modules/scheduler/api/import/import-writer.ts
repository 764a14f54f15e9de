import { Injectable } from '@nestjs/common';
import { asAppError, type AppError } from '../../../../core/errors.js';
import type { MonitorEvent } from '../../../../ports/monitor-events.port.js';
import { MonitorStore, type Monitor } from '../../../../ports/monitor-store.port.js';
import { Announcer, eventOf } from '../announcer.js';
import { Room } from '../room.js';
import type { Creation, ImportRun, Replacement } from './import-run.js';

/** Replacements that are written side by side. */
const WIDTH = 8;

/** Writes groups of an import, and tells the others. What fails goes to the report; it never throws. */
@Injectable()
export class ImportWriter {
  constructor(
    private readonly store: MonitorStore,
    private readonly announcer: Announcer,
    private readonly room: Room,
  ) {}

  async create(creations: readonly Creation[], run: ImportRun): Promise<void> {
    if (creations.length === 0) return;
    const taken = await this.room.take(creations.length).catch((error: unknown) => asAppError(error));
    if (typeof taken !== 'number') return breakOff(run, creations, taken);
    for (const { at, id } of creations.slice(taken)) run.report.failed(at, this.room.full(), id);
    const created = await this.createAll(creations.slice(0, taken), run);
    this.room.settle(taken, created.length);
    await this.tell(
      created.map((monitor) => eventOf('monitor.created', monitor)),
      run,
    );
  }

  async replace(replacements: readonly Replacement[], run: ImportRun): Promise<void> {
    const events: MonitorEvent[] = [];
    for (let at = 0; at < replacements.length; at += WIDTH) {
      const written = replacements.slice(at, at + WIDTH).map((each) => this.replaceOne(each, run));
      for (const monitor of await Promise.all(written))
        if (monitor) events.push(eventOf('monitor.updated', monitor));
    }
    await this.tell(events, run);
  }

  /** All at once; one by one where one of them spoils it for all. */
  private async createAll(creations: readonly Creation[], run: ImportRun): Promise<Monitor[]> {
    if (creations.length === 0) return [];
    if (run.broken) {
      breakOff(run, creations, run.broken);
      return [];
    }
    try {
      const wanted = creations.map(({ fields, id }) => (id === undefined ? fields : { ...fields, id }));
      const monitors = await this.store.create(wanted);
      monitors.forEach(({ id }, i) => run.report.done((creations[i] as Creation).place, id, 'created'));
      return monitors;
    } catch (thrown) {
      const error = asAppError(thrown);
      if (isOfStore(error) || creations.length === 1) {
        breakOff(run, creations, error);
        return [];
      }
      const created: Monitor[] = [];
      for (const creation of creations) created.push(...(await this.createAll([creation], run)));
      return created;
    }
  }

  private async replaceOne({ at, place, fields, old }: Replacement, run: ImportRun): Promise<Monitor | null> {
    if (run.broken) {
      run.report.failed(at, run.broken, old.id);
      return null;
    }
    try {
      const monitor = await this.store.update(old.id, fields, old.updatedAt);
      run.report.done(place, old.id, 'replaced');
      return monitor;
    } catch (thrown) {
      const error = asAppError(thrown);
      if (isOfStore(error)) run.broken ??= error;
      run.report.failed(at, error, old.id);
      return null;
    }
  }

  private async tell(events: readonly MonitorEvent[], run: ImportRun): Promise<void> {
    if (run.isTelling) run.isTelling = await this.announcer.tell(events);
    else this.announcer.leftUntold(events.length);
  }
}

function breakOff(run: ImportRun, creations: readonly Creation[], error: AppError): void {
  if (isOfStore(error)) run.broken ??= error;
  for (const { at, id } of creations) run.report.failed(at, error, id);
}

/** Not this monitor's fault: the next one would fare no better. */
function isOfStore({ status }: AppError): boolean {
  return status >= 503;
}
