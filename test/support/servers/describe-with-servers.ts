import { describe } from '@jest/globals';
import { readFindings, type ServerName } from './findings.js';

/** `describe` when all these servers can be had; else the suite is skipped and its title says what is missing. */
export function describeWithServers(needed: ServerName[], title: string, body: () => void): void {
  const { servers } = readFindings();
  const missing = needed.filter((name) => servers[name].from === 'missing');
  if (missing.length === 0) describe(title, body);
  else describe.skip(`${title} (no ${missing.join(', no ')})`, body);
}
