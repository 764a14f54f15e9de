import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { get, post, startApp, type Answer, type RunningApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { outputTexts } from '../support/output-folder.js';
import { environmentOf, recordOf, RENAMED, STEPS, TOPIC, type Told } from './service-load.js';
import { EMITTER, type Surroundings } from './surroundings.js';

type ToldOf<K extends Told['kind']> = Extract<Told, { kind: K }>;
const only = <K extends Told['kind']>(told: readonly Told[], kind: K) =>
  told.filter((one): one is ToldOf<K> => one.kind === kind);

const QUEUE_MS = 30_000;

/** What is wrong when the service starts again after a power cut; empty when every promise was kept. */
export async function wrongAfterCut(
  disk: string,
  told: readonly Told[],
  around: Surroundings,
): Promise<string[]> {
  // The cut may have come before anything was there; then nothing was told.
  if (!existsSync(disk) && told.length === 0) return [];
  let app: RunningApp | undefined;
  try {
    const env = environmentOf(disk, around.emitters);
    // Nobody cuts the power again: without fsync the states are done sooner.
    app = await startApp({ ...env, PROCESSOR_FSYNC: 'off' });
    return [
      ...(await wrongRecords(app.url, only(told, 'record'))),
      ...(await wrongKeys(app.url, only(told, 'record'))),
      ...(await wrongMonitors(app.url, only(told, 'monitor'), only(told, 'alert'))),
      ...(await wrongDeadLetters(app.url, only(told, 'dead-letter'))),
      ...(await wrongEvents(env, only(told, 'event'))),
    ];
  } catch (error) {
    return [`it does not start again: ${(error as Error).message}`];
  } finally {
    await app?.stop();
  }
}

/** Each record that was answered is at its offset; no partition has a hole. */
async function wrongRecords(url: string, told: readonly ToldOf<'record'>[]): Promise<string[]> {
  if (told.length === 0) return [];
  const found = new Map<string, number>();
  const wrong: string[] = [];
  const topic = await get(`${url}/topics/${TOPIC}`);
  for (const { partition } of (topic.body.partitions ?? []) as { partition: number }[]) {
    const page = await get(`${url}/topics/${TOPIC}/records?partition=${partition}&limit=1000`);
    const records = page.body.records as { offset: number; value: { n: number } }[];
    records.forEach(({ offset, value }, index) => {
      found.set(`${partition}-${offset}`, value.n);
      if (offset !== index) wrong.push(`partition ${partition} has a hole before offset ${offset}`);
    });
  }
  for (const { n, partition, offset } of told)
    if (found.get(`${partition}-${offset}`) !== n)
      wrong.push(`record ${n} is not at ${partition}-${offset}: ${found.get(`${partition}-${offset}`)}`);
  return wrong;
}

/** A key that was answered answers the same. */
async function wrongKeys(url: string, told: readonly ToldOf<'record'>[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const { n, key, partition, offset } of told) {
    if (key === null) continue;
    const again = await post(`${url}/produce`, recordOf(n), { 'idempotency-key': key });
    const place = `${again.body.partition}-${again.body.offset}`;
    if (place !== `${partition}-${offset}`)
      wrong.push(`key ${key} was answered ${partition}-${offset}, and is now ${again.status} ${place}`);
  }
  return wrong;
}

/** A monitor is as far as was told; a result and an alert that were told have left their mark in its state. */
async function wrongMonitors(
  url: string,
  told: readonly ToldOf<'monitor'>[],
  alerts: readonly ToldOf<'alert'>[],
): Promise<string[]> {
  const steps = new Map(told.map(({ id, step }) => [id, step]));
  const alerted = new Set(alerts.map(({ monitor }) => monitor));
  const wrong: string[] = [];
  for (const id of new Set([...steps.keys(), ...alerted])) {
    const step = steps.get(id) ?? 0;
    const monitor = await get(`${url}/monitors/${id}`);
    const { body: history } = await get(`${url}/monitors/${id}/history`);
    const faults = wrongMonitor(step, monitor, history.results?.length ?? 0);
    if (alerted.has(id) && monitor.status === 200 && monitor.body.state?.last_status !== 'down')
      faults.push('was told to be down, and would be told again');
    wrong.push(...faults.map((fault) => `monitor ${id}, ${STEPS[step]}: ${fault}: ${monitor.text}`));
  }
  return wrong;
}

function wrongMonitor(step: number, { status, body }: Answer, results: number): string[] {
  // The request to delete it may have been under way.
  if (status === 404) return step < 2 ? ['is lost'] : [];
  if (step === 3) return ['is back'];
  const wrong: string[] = [];
  if (step >= 1 && body.name !== RENAMED) wrong.push('has its old name');
  if (step >= 2 && results === 0) wrong.push('has no result');
  return wrong;
}

/** A message that was given up is there until it is discarded, and then it is not. */
async function wrongDeadLetters(url: string, told: readonly ToldOf<'dead-letter'>[]): Promise<string[]> {
  const { body } = await get(`${url}/emitters/${EMITTER}/dead-letters?limit=1000`);
  const entries = body.dead_letters as { id: string; unreadable?: true }[];
  const there = new Map(entries.map(({ id, unreadable }) => [id, unreadable]));
  const isDiscarded = new Map(told.map((one) => [one.id, one.isDiscarded]));
  return [...isDiscarded].flatMap(([id, gone]) => {
    if (gone && there.has(id)) return [`dead letter ${id} was discarded, and is back`];
    // The request to discard it may have been under way.
    if (!gone && there.get(id)) return [`dead letter ${id} cannot be read`];
    return [];
  });
}

/** Every event that was confirmed is a file, once, when the queue is empty. */
async function wrongEvents(
  { DATA_FOLDER, OUTPUT_FOLDER }: Record<string, string>,
  told: readonly ToldOf<'event'>[],
): Promise<string[]> {
  const left = messagesLeft(join(DATA_FOLDER!, 'carillon.db'));
  await eventually(() => expect(left.count()).toBe(0), QUEUE_MS);
  left.close();
  const counts = countEvents(await outputTexts(OUTPUT_FOLDER!));
  const lost = told.filter(({ n }) => !counts.has(n)).map(({ n }) => `event ${n} has no file`);
  const twice = [...counts]
    .filter(([, count]) => count > 1)
    .map(([n, count]) => `event ${n}: ${count} files`);
  return [...lost, ...twice];
}

/** What the exchange has not heard an acknowledgement of. */
function messagesLeft(file: string) {
  const db = new DatabaseSync(file, { readOnly: true });
  const query = db.prepare('SELECT count(*) AS left FROM messages');
  return { count: () => (query.get() as { left: number }).left, close: () => db.close() };
}

function countEvents(texts: readonly string[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const text of texts) {
    const n = Number(/"event-(\d+)\."/.exec(text)?.[1]);
    counts.set(n, (counts.get(n) ?? 0) + 1);
  }
  return counts;
}
