import { z } from 'zod';
import { parseInstant } from '../core/instant.js';
import { optionalText } from './variable.js';

const form = 'a date and time with its offset, such as `2026-01-31T12:00:00+01:00` or `2026-01-31T11:00:00Z`';

/** What only `npm run emit:once` (`node dist/emit-once.js`) reads. */
export const emitOnceVariables = z.object({
  EMIT_PLANNED_AT: z
    .string()
    .trim()
    .transform(parseInstant)
    .refine((at) => at !== null, `must be ${form.replaceAll('`', '')}`)
    .optional()
    .meta({
      form,
      describe:
        'The planned time of the message: its `datetime`, and what its Idempotency-Key is derived from. Unset: the minute that JOB_NAME ends in, else now.',
    }),
  JOB_NAME: optionalText(
    'The name of the Kubernetes job, whose end `-<minutes since the epoch>` is the planned time; the manifest fills it from the pod’s label.',
    'a job’s name',
  ),
});
