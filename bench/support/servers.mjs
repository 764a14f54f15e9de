// Servers of a bench's own, by the scripts in test/servers.
import { execFileSync } from 'node:child_process';
import { whenInterrupted } from './interrupted.mjs';
import { inRoot } from './processes.mjs';

/** `run` calls its script, `remove` ends it; a signal that ends this process does, too. */
export function startServer(name, variables, end = 'remove') {
  const env = { ...process.env, ...variables };
  const run = (...args) =>
    execFileSync('bash', [inRoot(`test/servers/${name}.sh`), ...args], { env, encoding: 'utf8' });
  const forget = whenInterrupted(() => run(end));
  run('start');
  const remove = () => {
    forget();
    run(end);
  };
  return { run, remove };
}
