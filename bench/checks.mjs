// What do child processes cost? Http checks a second on one core, without a queue and a store around them.
//   npm run bench -- checks [before=folder of an earlier build] [rounds=7] [seconds=5]
// `before`: a dist folder that finds its node_modules, run in turn with this build: the ratio is what counts. The server that is
// asked has the other core.
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { createServer } from 'node:http';
import { figures } from './support/report.mjs';
import { build, inRoot, output } from './support/processes.mjs';

const AT_ONCE = 50;
const BODY = Buffer.from(`<html>${'x'.repeat(2_000)}all is well</html>`);

const configs = (url) => ({
  http: { url },
  'http-keyword': { url, keyword: 'all is well' },
  'http-json-query': { url: `${url}json`, json_query: 'state', expected_value: 'well' },
});

function serve() {
  const server = createServer((request, response) => {
    const isJson = request.url === '/json';
    const body = isJson ? Buffer.from('{"state":"well"}') : BODY;
    response.writeHead(200, {
      'content-type': isJson ? 'application/json' : 'text/html',
      'content-length': body.length,
    });
    response.end(body);
  });
  return new Promise((ready) => server.listen(0, '127.0.0.1', () => ready(server)));
}

/** On core 0; this process, with the server, has what else there is. */
async function measured(dist, type, config, seconds) {
  const task = JSON.stringify({ dist, type, config, seconds, atOnce: AT_ONCE });
  const text = await output('taskset', [
    '-c',
    '0',
    process.execPath,
    inRoot('bench/support/check-load.mjs'),
    task,
  ]);
  const { checks, up, seconds: took, cpu } = JSON.parse(text);
  if (up !== checks) throw new Error(`${checks - up} of ${checks} checks were not up`);
  return { [`${type} rate`]: checks / took, [`${type} cpu`]: (cpu / checks) * 1_000 };
}

export default {
  name: 'checks',
  title: 'Checks: http, 50 at once, on one core',
  async run({ args: [before = '', rounds = 7, seconds = 5], say }) {
    build();
    if (availableParallelism() < 2) say('the server shares the one core with the checks');
    const server = await serve();
    const all = configs(`http://127.0.0.1:${server.address().port}/`);
    const builds = { carillon: inRoot('dist/'), ...(before && { before: join(resolve(before), '/') }) };
    const seen = figures();
    try {
      for (let round = 1; round <= rounds; round++)
        for (const [type, config] of Object.entries(all)) {
          // In turn, and which one goes first changes too.
          const order = Object.entries(builds);
          for (const [name, dist] of round % 2 ? order : order.reverse()) {
            const figure = await measured(dist, type, config, seconds);
            seen.add(name, figure);
            say(
              `round ${round}  ${name}  ${type}  ${figure[`${type} rate`].toFixed(0)} checks/s  ${figure[`${type} cpu`].toFixed(2)} ms of CPU a check`,
            );
          }
        }
    } finally {
      server.close();
      server.closeAllConnections();
    }
    const types = Object.keys(all);
    const row = (name) => [
      name,
      ...types.flatMap((type) => [seen.spread(name, `${type} rate`), seen.spread(name, `${type} cpu`)]),
    ];
    const head = ['', ...types.flatMap((type) => [`${type}: checks/s`, 'ms of CPU a check'])];
    const ratio = (type) => seen.median('before', `${type} cpu`) / seen.median('carillon', `${type} cpu`);
    return {
      tables: [[head, ...Object.keys(builds).map(row)]],
      aims: before
        ? types.map((type) => [`${type}: checks a CPU second, of those before`, ratio(type), '>=', 0.85])
        : [],
      raw: seen.raw,
    };
  },
};
