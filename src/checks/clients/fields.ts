import { z } from 'zod';
import { serverUrl } from './server-url.js';

/** Fields that configs of several types have. */
export function hostField(describe = 'Host name or address.') {
  return z.string().trim().min(1).max(253).describe(describe);
}

export function portField(describe = 'Port.') {
  return z.int().min(1).max(65_535).describe(describe);
}

/** A URL of one of these schemes, `postgres` without `://`; `example` is shown to whoever wrote another thing. */
export function urlField(schemes: readonly string[], example: string) {
  return z
    .string()
    .trim()
    .max(4_096)
    .refine((text) => serverUrl(text, schemes, 0) !== null, `must be a URL such as ${example}`)
    .describe(`A URL such as ${example}; what is special in the password is percent-encoded.`);
}

export function pemField(describe: string) {
  return z.string().max(65_536).optional().describe(`${describe} (PEM).`);
}

export const ignoreTls = z.boolean().default(false).describe('Whether any certificate will do.');
