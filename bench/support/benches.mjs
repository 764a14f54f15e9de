// Which benches there are, in the order of docs/benchmarks.md, and what each needs (needs.mjs).

export const BENCHES = {
  produce: {
    needs: ['java', 'python'],
    words:
      'One record a request by 64 clients, 1,000 a request by 8, into a real Kafka. A contestant’s answers of 200 are counted against the records in its topic.',
  },
  stream: {
    needs: ['java'],
    words:
      'One request of a million lines into Kafka. Result lines and the records in the topic are counted.',
  },
  'kafka-clients': {
    needs: ['java', 'npm'],
    words:
      'Records into Kafka without HTTP, by calls of 1,000 and of one. What was acknowledged is counted in the topic.',
  },
  processor: {
    needs: ['rabbitmq', 'python'],
    words:
      'Messages of a RabbitMQ become files, from the first publish to the last file. Every file is parsed and counted.',
  },
  emitter: {
    needs: ['python'],
    words:
      'A post each second while a process turns in a circle on every core; both contestants side by side, so that they meet the same moments. Carillon’s planned times and books are checked.',
  },
  schedule: {
    needs: ['go', 'npm'],
    words:
      'What it costs to know when entries of 20 to 120 s are due, and to read all of them anew. Ticks are counted against those that the grids owe in that time.',
  },
  queue: {
    needs: ['redis', 'go', 'npm'],
    words:
      'Tasks on Redis: put in, worked off by no-op handlers, picked up by an idle worker, and the bytes that they take. Every task is counted, once.',
  },
  takeover: {
    needs: ['redis'],
    words:
      'Two candidates for one lease; the leader is stopped or killed at a random moment. Terms must rise.',
  },
  startup: {
    needs: [],
    words:
      'From the start of the process to 200 from /health/ready; then what it costs while nobody asks for anything.',
  },
};

/** Beside them: programs with limits of their own, which compare with nobody and are not in the full run. */
export const CHECKS = {
  acknowledged: 'is every record that was answered 200 at the offset that was told?',
  bodies: 'does any body within the limits hold the event loop for more than 50 ms?',
  paired:
    'an earlier build against this one, in turn in one run: is a request, a start or a check slower than it may be?',
  'schedule-scale':
    'one scheduler with 100,000 monitors: ticks, lateness, memory, and how soon edits take effect.',
};

export function usage() {
  const lines = Object.entries(CHECKS).map(([name, words]) => `  ${name}: ${words}`);
  return [
    'npm run bench                         all of them, then docs/benchmarks.md',
    `npm run bench -- name [arguments]     ${Object.keys(BENCHES).join(', ')}`,
    'npm run bench -- docs                 docs/benchmarks.md from what bench/results holds',
    'Checks, run in the same way:',
    ...lines,
  ].join('\n');
}
