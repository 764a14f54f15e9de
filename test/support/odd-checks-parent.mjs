// Runs two children, one of which turns for ever, prints their process ids, and waits to be killed.
import { setInterval, setTimeout } from 'node:timers';
import { pino } from 'pino';
import { CheckProcess } from '../../dist/checks/isolation/check-process.js';

const options = {
  ...{ environment: {}, memoryMb: 256, lateMs: 300, logger: pino({ level: 'silent' }) },
  net: { resolve: () => Promise.reject(new Error('not asked')) },
  entry: new URL('./odd-checks-child.mjs', import.meta.url),
};
const job = (type) => ({
  ...{ type, config: {}, timeoutMs: 60_000, signal: globalThis.AbortSignal.timeout(600_000) },
  monitor: { id: type, name: type, type, interval: 60, createdAt: 0 },
});
const [idle, spinning] = [new CheckProcess(options), new CheckProcess(options)];
const reports = await Promise.all([idle, spinning].map((child) => child.check(job('pid')).attempt));
spinning.check(job('spin'));
setTimeout(
  () => console.log(JSON.stringify(reports.map(({ report }) => Number(report.outcome.message)))),
  500,
);
setInterval(() => undefined, 1_000);
