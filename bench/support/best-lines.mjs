// The README's five best lines: of these aims, those that were met, by how much more than wanted.
import { shown } from './figures.mjs';
import { isMet } from './report.mjs';

const times = (figure) => `${shown(figure)} times`;
const inverse = (figure) => times(1 / figure);

/** By bench and aim: the sentence that its figure makes. */
const SENTENCES = {
  produce: {
    'single: records/s to FastAPI': (x) =>
      `single records into Kafka, acks=all: ${times(x)} the rate of FastAPI with confluent-kafka`,
    'batch: records/s to FastAPI': (x) =>
      `batches of 1,000 into Kafka: ${times(x)} the rate of FastAPI with confluent-kafka`,
  },
  processor: {
    'with fsync, to pika without': (x) =>
      `messages to files, each on disk before its acknowledgement: ${times(x)} the rate of pika without fsync`,
  },
  emitter: {
    'lateness p99 to the loop': (x) =>
      `ticks of one second on a busy machine: ${times(x)} the p99 lateness of an asyncio loop`,
  },
  schedule: {
    '100,000: CPU a minute to robfig/cron': (x) =>
      `100,000 monitors of 20 to 120 s: ${times(x)} the CPU of robfig/cron`,
    '100,000: the same with a full resync each 5 min': (x) =>
      `100,000 monitors, read anew each 5 min: ${times(x)} the CPU of robfig/cron, which takes all out and puts them in again`,
    '100,000: a full resync, ms': (x) => `100,000 monitors read anew in ${shown(x)} ms, no tick moved`,
  },
  queue: {
    'enqueue, batches, to Go': (x) => `health-check tasks enqueued ${times(x)} as fast as by Asynq in Go`,
    'consume, to Go': (x) => `tasks worked off ${times(x)} as fast as by Asynq in Go`,
    'pickup p50, ms': (x) => `an idle worker has a task after ${shown(x)} ms (p50)`,
    'bytes a pending task, to BullMQ': (x) => `${times(x)} the memory in Redis of a waiting task of BullMQ`,
  },
  takeover: {
    'graceful, p50 to the poller': (x) =>
      `a leader that stops has its successor ${inverse(x)} as soon as with a 5 s poller (p50)`,
    'graceful p99 from the release, ms': (x) => `a new leader ${shown(x)} ms after the old one lets go (p99)`,
  },
  startup: { 'start to ready, s': (x) => `all parts ready ${shown(x)} s after the start` },
};

/** How much better than wanted; what is wanted at 0 counts for nothing. */
function margin([, value, sign, wanted]) {
  if (!(value > 0) || wanted === 0) return 0;
  return sign === '>=' ? value / wanted : wanted / value;
}

/** `kept`: what bench/results holds, each `{name, report}`. */
export function bestLines(kept, most = 5) {
  const found = kept.flatMap(({ name, report }) =>
    (report.aims ?? []).map((aim) => ({ aim, sentence: SENTENCES[name]?.[aim[0]] })),
  );
  return found
    .filter(({ aim, sentence }) => sentence && isMet(aim))
    .sort((a, b) => margin(b.aim) - margin(a.aim))
    .slice(0, most)
    .map(({ aim, sentence }) => `- ${sentence(aim[1])}`);
}
