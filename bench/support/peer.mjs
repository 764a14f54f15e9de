// A contestant of bench/queue.mjs is a program that reads requests on its standard input, one JSON object a line, and
// answers each in order on its standard output:
//   {"do":"enqueue","count":50000,"batch":500,"flight":1}   enqueues tasks; {"seconds":1.2}, from the first call to the
//                                                           last answer, of `flight` callers side by side
//   {"do":"work","concurrency":100}                         begins a worker of no-op tasks; {}
//   {"do":"handled","count":50000}                          when so many were handled: {"seconds":4.5,"distinct":50000},
//                                                           from "work" to the last one
//   {"do":"send"}                                           enqueues one task that carries the moment; {}
//   {"do":"latencies"}                                      {"ms":[...]}: of such tasks, from just before they were
//                                                           enqueued until the handler had them
//   {"do":"stop"}                                           ends worker and connections cleanly; {}, and exits
// Here: how a bench starts and asks one, and how a contestant in JavaScript serves (`serve`).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { killWhenInterrupted } from './interrupted.mjs';
import { cpuSeconds } from './processes.mjs';

/** Starts a contestant; `ask` sends a request and resolves with the answer. */
export function startPeer(command, args) {
  const child = killWhenInterrupted(spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`${command} ${args.join(' ')} ended`);
    return JSON.parse(value);
  };
  return {
    ask,
    cpuSeconds: () => cpuSeconds(child.pid),
    stop: async () => {
      await ask({ do: 'stop' });
      await exited;
    },
  };
}

/** `commands`: by name, each answers a promise of its answer. */
export async function serve(commands) {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    const answer = await commands[request.do](request);
    process.stdout.write(`${JSON.stringify(answer ?? {})}\n`);
    if (request.do === 'stop') break;
  }
  process.exit(0); // also when the bench has died
}

/** A millisecond clock that all processes of this machine share. */
export const sharedNow = () => Number(process.hrtime.bigint()) / 1e6;

/** Counts what a worker in JavaScript handles. */
export class Tally {
  began = performance.now();
  ids = new Set();
  count = 0;
  ms = [];
  waiter = null;

  handled(id, type, payload) {
    this.ids.add(id);
    this.count += 1;
    if (type === TIMED) this.ms.push(sharedNow() - JSON.parse(payload()).sent);
    if (this.waiter && this.count >= this.waiter.count) this.waiter.resolve();
  }

  async reached(count) {
    if (this.count < count) await new Promise((resolve) => (this.waiter = { count, resolve }));
    return { seconds: (performance.now() - this.began) / 1000, distinct: this.ids.size };
  }
}

export const CHECK = 'monitor:healthcheck';
export const TIMED = 'bench:timed';

/** The task number `n` of a contract's producer: monitors' ids are UUIDs. The separator of the id is the contestant's. */
export function check(n, separator) {
  const monitor = `0b6c1f6e-5d3a-4c1e-9f2b-${String(n).padStart(12, '0')}`;
  const at = 1_760_000_000_000;
  const payload = JSON.stringify({ monitor_id: monitor, scheduled_at: '2025-10-09T08:53:20Z' });
  return { id: `${monitor}${separator}${at}`, payload };
}

/** Enqueues `count` tasks in batches: `enqueue(from, to)` does one. Answers the seconds. */
export async function enqueueAll({ count, batch, flight }, enqueue) {
  let next = 0;
  const caller = async () => {
    while (next < count) {
      const from = next;
      next = Math.min(count, from + batch);
      await enqueue(from, next);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: flight }, caller));
  return { seconds: (performance.now() - began) / 1000 };
}
