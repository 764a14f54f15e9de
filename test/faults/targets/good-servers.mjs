// The servers that record.mjs records: each function starts one, and returns the check that connects to it through the proxy's port.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { Server, ServerCredentials } from '@grpc/grpc-js';

const run = promisify(execFile);
const SCRIPTS = fileURLToPath(new URL('../../servers/', import.meta.url));
const BODY = JSON.stringify({
  status: 'ok',
  items: Array.from({ length: 40 }, (_, id) => ({ id, state: 'ok' })),
});

/** Starts a server of test/servers in a folder of its own. */
async function start(file, prefix, port, { env = {}, end = 'remove' } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-test-record-'));
  const run_ = join(folder, 'run');
  const all = { ...process.env, [`${prefix}_PORT`]: String(port), [`${prefix}_RUN`]: run_, ...env };
  const script = (...args) => run('bash', [join(SCRIPTS, file), ...args], { env: all });
  const { stdout } = await script('ready');
  await script('start');
  const stop = async () => {
    await script(end);
    await rm(folder, { recursive: true, force: true });
  };
  return { port, version: stdout.split(' (')[0].trim(), script, folder: run_, stop };
}

async function postgres(proxy, login) {
  const server = await start('postgres.sh', 'PG', 27_132);
  if (login === 'trust') {
    await writeFile(join(server.folder, 'data/pg_hba.conf'), 'local all all trust\nhost all all all trust\n');
    await server.script('stop');
    await server.script('start');
  }
  const config = (port) => ({
    database_connection_string: `postgres://carillon:secret@127.0.0.1:${port}/postgres`,
    database_query: 'SELECT now(), 1.5::numeric AS n, array[1,2] AS list',
  });
  return { ...server, type: 'postgres', config };
}

async function rabbitmq(type) {
  const server = await start('rabbitmq.sh', 'RMQ', 27_172, {
    env: type === 'http' ? { RMQ_PLUGINS: 'rabbitmq_management' } : {},
  });
  const port = type === 'http' ? server.port + 3 : server.port;
  return { ...server, port, type: 'rabbitmq', config: (at) => ({ nodes: [`${type}://127.0.0.1:${at}/`] }) };
}

async function grpc() {
  const server = new Server();
  const bytes = (buffer) => buffer;
  const path = '/grpc.health.v1.Health/Check';
  const form = { path, requestStream: false, responseStream: false };
  const codecs = {
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
  server.addService(
    { Check: { ...form, ...codecs } },
    { Check: (_, done) => done(null, Buffer.from([8, 1])) },
  );
  const port = await new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, found) =>
      error ? reject(error) : resolve(found),
    ),
  );
  const config = (at) => ({ host: '127.0.0.1', port: at });
  return { port, type: 'grpc', config, version: 'grpc-js', stop: () => server.forceShutdown() };
}

/** Starts Node's HTTP server; `answer` writes a response. */
async function http(type, extra, answer) {
  const server = createHttpServer((_, response) => answer(response));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  const config = (port) => ({ url: `http://127.0.0.1:${port}/`, ...extra });
  return { port: server.address().port, type, config, version: `Node ${process.version}`, stop };
}

async function tls(version) {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-test-record-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const made = ['-keyout', key, '-out', cert, '-days', '3650', '-nodes', ...names];
  await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    ...made,
  ]);
  const server = createTlsServer({
    key: await readFile(key),
    cert: await readFile(cert),
    minVersion: version,
    maxVersion: version,
  });
  server.on('tlsClientError', () => undefined);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const config = (port) => ({ host: '127.0.0.1', port });
  const stop = async () => {
    server.close();
    await rm(folder, { recursive: true });
  };
  return {
    port: server.address().port,
    type: 'tls',
    config,
    version: `Node ${process.version}, ${version}`,
    stop,
  };
}

const text = { 'content-type': 'application/json' };

/** The keys are the names of the recordings. */
export const SERVERS = {
  redis: async () => ({
    ...(await start('redis.sh', 'RDS', 27_179)),
    type: 'redis',
    config: (port) => ({ databaseConnectionString: `redis://127.0.0.1:${port}/1` }),
  }),
  postgres: (proxy) => postgres(proxy, 'trust'),
  'postgres-scram': (proxy) => postgres(proxy, 'scram'),
  mysql: async () => ({
    ...(await start('mariadb.sh', 'MY', 27_106)),
    type: 'mysql',
    config: (port) => ({
      connection_string: `mysql://carillon:secret@127.0.0.1:${port}/mysql`,
      query: "SELECT now(), 1.5, 'text' FROM user",
    }),
  }),
  mongodb: async () => ({
    ...(await start('mongo-java.sh', 'MONGO', 27_117)),
    type: 'mongodb',
    config: (port) => ({ connectionString: `mongodb://127.0.0.1:${port}/d` }),
  }),
  amqp: () => rabbitmq('amqp'),
  'rabbitmq-management': () => rabbitmq('http'),
  kafka: async (proxy) => ({
    ...(await start('kafka.sh', 'KAFKA', 27_192, {
      env: { BROKERS: '1', KAFKA_ADVERTISED_PORT: String(proxy) },
      end: 'stop',
    })),
    type: 'kafka-producer',
    config: (port) => ({
      brokers: [`127.0.0.1:${port}`],
      topic: 'recorded',
      message: 'm',
      allow_auto_topic_creation: true,
    }),
  }),
  grpc,
  http: () => http('http', {}, (response) => response.writeHead(200, text).end(BODY)),
  'http-chunked': () =>
    http('http-keyword', { keyword: 'ok' }, (response) => {
      response.writeHead(200, { ...text, trailer: 'x-sum' });
      for (let at = 0; at < BODY.length; at += 100) response.write(BODY.slice(at, at + 100));
      response.addTrailers({ 'x-sum': '1' });
      response.end();
    }),
  'http-gzip': () =>
    http('http-keyword', { keyword: 'ok' }, (response) =>
      response.writeHead(200, { ...text, 'content-encoding': 'gzip' }).end(gzipSync(BODY)),
    ),
  'http-json-query': () =>
    http('http-json-query', { json_query: 'items.0.state', expected_value: 'ok' }, (response) =>
      response.writeHead(200, text).end(BODY),
    ),
  'tls-1.2': () => tls('TLSv1.2'),
  'tls-1.3': () => tls('TLSv1.3'),
};
