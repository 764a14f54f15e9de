// Http checks a second of one build, on one core, without a queue and a store around them.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { inRoot, output } from './processes.mjs';

const AT_ONCE = 50;
const PAGE = Buffer.from(`<html>${'x'.repeat(2_000)}all is well</html>`);
const JSON_TEXT = Buffer.from('{"state":"well"}');

const configs = (url) => ({
  http: { url },
  'http-keyword': { url, keyword: 'all is well' },
  'http-json-query': { url: `${url}json`, json_query: 'state', expected_value: 'well' },
});

async function serve() {
  const server = createServer((request, response) => {
    const isJson = request.url === '/json';
    const body = isJson ? JSON_TEXT : PAGE;
    const type = isJson ? 'application/json' : 'text/html';
    response.writeHead(200, { 'content-type': type, 'content-length': body.length }).end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

/** On core 0; the server, in this process, has the others. @throws when a check was not up */
async function measureType(dist, type, config, seconds) {
  const task = JSON.stringify({ dist: join(dist, '/'), type, config, seconds, atOnce: AT_ONCE });
  const load = inRoot('bench/support/check-load.mjs');
  const { checks, up, ...took } = JSON.parse(
    await output('taskset', ['-c', '0', process.execPath, load, task]),
  );
  if (up !== checks) throw new Error(`${checks - up} of ${checks} ${type} checks were not up`);
  return {
    [`${type}, us a check`]: (took.seconds / checks) * 1e6,
    [`${type}, CPU us a check`]: (took.cpu / checks) * 1e6,
  };
}

/** By type of check. */
export async function measureChecks({ dist, seconds }) {
  const server = await serve();
  try {
    const figures = [];
    for (const [type, config] of Object.entries(configs(`http://127.0.0.1:${server.address().port}/`)))
      figures.push(await measureType(dist, type, config, seconds));
    return Object.assign({}, ...figures);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
