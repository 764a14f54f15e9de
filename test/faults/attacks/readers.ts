import type { Socket } from 'node:net';
import type { TargetService } from '../support/target-service.js';
import { pause, type Attack, type AttackContext } from './attack.js';
import { head, openMany } from './requests.js';

const TOPIC = 'flooded';
const RECORD_CHARS = 15_000;
/** Configs of nearly the largest size, enough for a page of 10 MB. */
const MONITORS = 200;
const CONFIG_CHARS = 50_000;

const TAIL = `/topics/${TOPIC}/tail`;
const PAGES = [
  '/monitors?limit=1000',
  '/monitors/export',
  '/monitors/export?format=ndjson',
  `/topics/${TOPIC}/records?partition=0&limit=1000`,
] as const;
/** Half of the readers of a round follow the topic, the others request a page. */
const READERS = 48;

function records(count: number): object[] {
  const pad = 'x'.repeat(RECORD_CHARS);
  return Array.from({ length: count }, (_, n) => ({ topic: TOPIC, key: 'one', message: { n, pad } }));
}

async function addLargeMonitors(service: TargetService): Promise<void> {
  const body = 'x'.repeat(CONFIG_CHARS);
  const monitors = Array.from({ length: MONITORS }, (_, index) => ({
    name: `large ${index}`,
    type: 'http',
    config: { url: 'http://127.0.0.1:1/', body },
    timeout: 1,
  }));
  await service.add(monitors);
}

/** Requests a page and reads nothing of the answer. */
function requestWithoutReading(socket: Socket, path: string, url: URL): void {
  socket.pause();
  socket.write(head('GET', path, { host: url.host }));
}

async function readers({ service, url, random, over, count }: AttackContext): Promise<void> {
  const sockets = await openMany(url, READERS);
  for (const [index, socket] of sockets.entries())
    requestWithoutReading(socket, index % 2 === 0 ? TAIL : random.pick(PAGES), url);
  for (let batch = 0; batch < 3 && !over.aborted; batch++) {
    const { status } = await service.request('POST', '/produce/batch', records(100));
    count(status);
    await pause(random.between(200, 1_500), over);
  }
  for (const socket of sockets)
    if (random.next() < 0.5) socket.resetAndDestroy();
    else socket.destroy();
}

/** Followers of a busy topic and readers of large pages, none of which reads its answer. */
export const stalledReaders = (): Attack => ({
  name: 'readers',
  answers: [200, 503],
  prepare: addLargeMonitors,
  round: readers,
});

const HELD = 32;

/** Followers that stay connected without reading until the service closes their connection, and then come again. */
export function heldReaders(): Attack {
  let held: Socket[] = [];
  return {
    name: 'held-readers',
    answers: [],
    round: async ({ url, over }) => {
      held = held.filter((socket) => !socket.destroyed);
      const more = await openMany(url, HELD - held.length);
      for (const socket of more) requestWithoutReading(socket, TAIL, url);
      held.push(...more);
      await pause(500, over);
      if (over.aborted) for (const socket of held.splice(0)) socket.destroy();
    },
  };
}
