import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/**
 * The real environment, over what a `.env` file in the working folder says. The file's TZ is set in the real one, too:
 * that is where Node reads it.
 */
export function readEnvironment(real: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const file = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
  const environment = { ...file, ...real };
  if (environment.TZ) real.TZ = environment.TZ;
  return environment;
}
