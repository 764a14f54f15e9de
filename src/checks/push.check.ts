import { z } from 'zod';
import { defineCheck } from './define-check.js';
import { down, unknown, up } from './outcomes.js';

const LEAST_GRACE_MS = 2_000;
const MOST_GRACE_MS = 60_000;

/**
 * How late a call may come after its interval: a tenth of it, from 2 s to 60 s. The job's clock and our tick are not in
 * step, and a job takes a little longer each now and then.
 */
export function graceMs(intervalMs: number): number {
  return Math.min(MOST_GRACE_MS, Math.max(LEAST_GRACE_MS, intervalMs / 10));
}

export default defineCheck({
  type: 'push',
  describe:
    'Waits for the monitored job to call its push URL at least once in each interval. Silence for longer than the interval and a tenth of it (from 2 s to 60 s) is down.',
  schema: z.object({
    pushToken: z
      .string()
      .max(255)
      .optional()
      .describe('The token of the push URL, as Peekaping has it here too; the monitor’s push_token counts.'),
  }),
  secrets: ['pushToken'],
  target: () => null,
  run: async (_config, context) => {
    const { monitor } = context;
    const allowedMs = monitor.interval * 1_000 + graceMs(monitor.interval * 1_000);
    const push = await context.lastPush();
    if (!push) {
      const age = context.now() - monitor.createdAt;
      return age <= allowedMs ? unknown('No call yet.') : down('No call has come yet.');
    }
    const age = context.now() - push.at;
    if (age > allowedMs) return down(`The last call came ${Math.round(age / 1_000)} s ago.`);
    const said = push.message === '' ? '' : `: ${push.message}`;
    if (push.found === 'down') return down(`The job says that it failed${said}`, push.latencyMs);
    return up(`Called ${Math.max(0, Math.round(age / 1_000))} s ago${said}`, push.latencyMs);
  },
});
