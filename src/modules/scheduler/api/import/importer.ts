import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { AppError, asAppError } from '../../../../core/errors.js';
import { Pauses } from '../../../../core/pauses.js';
import { MonitorStore, type Monitor, type MonitorFields } from '../../../../ports/monitor-store.port.js';
import { Lifecycle } from '../../../../process/lifecycle.js';
import type { MonitorBody } from '../fields/monitor-body.js';
import { readBody } from '../fields/read-body.js';
import { readWhole } from '../fields/read-fields.js';
import { checkId } from '../known-monitor.js';
import { Rules } from '../rules.js';
import type { ImportItem, ImportSource } from './import-item.js';
import type { Creation, Existing, ImportRun, Replacement } from './import-run.js';
import { ImportWriter } from './import-writer.js';
import type { ImportReport } from './report.js';

/** Monitors that are looked up and written together. */
const GROUP = 250;

interface Read {
  at: number;
  place: number;
  body: MonitorBody;
}

/** Takes monitors in groups, however many there are: one that is bad changes nothing for the others. */
@Injectable()
export class Importer {
  constructor(
    private readonly store: MonitorStore,
    private readonly rules: Rules,
    private readonly writer: ImportWriter,
    private readonly lifecycle: Lifecycle,
  ) {}

  /**
   * Never throws once anything may have been written: items that cannot be read to their end are told of at the first
   * one that is missing. @throws AppError of `items` before that
   */
  async run(items: ImportSource, existing: Existing, report: ImportReport): Promise<void> {
    const run: ImportRun = { existing, report, isTelling: true, broken: null };
    let group = new Map<string | symbol, Read>();
    let last = 0;
    let isBegun = false;
    const pauses = new Pauses();
    const flush = async () => {
      isBegun = true;
      await this.take([...group.values()], run);
      group = new Map();
    };
    try {
      for await (const item of items) {
        last = item.at;
        await pauses.ifDue();
        const read = await this.read(item, run);
        if (!read) continue;
        // One id twice is one after the other.
        const key = read.body.id?.toLowerCase() ?? Symbol();
        if (group.size === GROUP || group.has(key)) await flush();
        group.set(key, read);
      }
    } catch (error) {
      if (!isBegun) throw error;
      report.begin();
      report.failed(last + 1, unread(error));
    }
    await flush();
  }

  private async read(item: ImportItem, run: ImportRun): Promise<Read | null> {
    const place = run.report.begin();
    const { at } = item;
    if (this.lifecycle.stopping.aborted) run.broken ??= stopped();
    try {
      if (run.broken) throw run.broken;
      if ('error' in item) throw item.error;
      const body = await readBody(item.value);
      if (body.id !== undefined) checkId(this.store, body.id, ['body', 'id']);
      return { at, place, body };
    } catch (error) {
      run.report.failed(at, asAppError(error));
      return null;
    }
  }

  private async take(group: readonly Read[], run: ImportRun): Promise<void> {
    if (group.length === 0) return;
    const olds = await this.olds(group).catch((error: unknown) => asAppError(error));
    if (olds instanceof AppError) {
      run.broken ??= olds;
      for (const { at, body } of group) run.report.failed(at, olds, body.id);
      return;
    }
    const creations: Creation[] = [];
    const replacements: Replacement[] = [];
    const pauses = new Pauses();
    for (const read of group) {
      await pauses.ifDue();
      const planned = this.plan(read, olds.get(read.body.id?.toLowerCase() ?? ''), run);
      if (!planned) continue;
      if ('old' in planned) replacements.push(planned);
      else creations.push(planned);
    }
    await this.writer.create(creations, run);
    await this.writer.replace(replacements, run);
  }

  private async olds(group: readonly Read[]): Promise<Map<string, Monitor>> {
    const ids = group.flatMap(({ body }) => body.id ?? []);
    const found = ids.length === 0 ? [] : await this.store.get(ids);
    return new Map(found.map((monitor) => [monitor.id.toLowerCase(), monitor]));
  }

  /** Null when nothing is to be written. */
  private plan(
    { at, place, body }: Read,
    old: Monitor | undefined,
    run: ImportRun,
  ): Creation | Replacement | null {
    try {
      if (old && run.existing === 'fail') throw exists();
      if (old && run.existing === 'skip') {
        run.report.done(place, old.id, 'skipped');
        return null;
      }
      const fields = readWhole(body, this.rules, old ?? null);
      if (!old) return { at, place, fields, id: body.id };
      const changed = changedFields(old, fields);
      if (changed) return { at, place, fields: changed, old };
      run.report.done(place, old.id, 'unchanged');
    } catch (error) {
      run.report.failed(at, asAppError(error), body.id);
    }
    return null;
  }
}

/** Null when there are none. */
function changedFields(old: Monitor, fields: MonitorFields): Partial<MonitorFields> | null {
  const entries = Object.entries(fields).filter(
    ([name, value]) => !isDeepStrictEqual(old[name as keyof MonitorFields], value),
  );
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

function exists(): AppError {
  return new AppError('MONITOR_EXISTS', 'There is a monitor of this id already.');
}

function unread(cause: unknown): AppError {
  const { code, message } = asAppError(cause);
  return new AppError(code, `${message} Nothing from here on was read or done.`, { cause });
}

function stopped(): AppError {
  return new AppError('SHUTTING_DOWN', 'The service stops: send this monitor again, or to another.');
}
