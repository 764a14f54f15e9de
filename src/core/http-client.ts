import { createRequire } from 'node:module';
import type Undici from 'undici';

const require = createRequire(import.meta.url);

/** Loaded by what sends first, not by every start: it is a hundred files. */
export function undici(): typeof Undici {
  return require('undici') as typeof Undici;
}
