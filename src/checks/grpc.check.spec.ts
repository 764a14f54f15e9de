import { Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { selfSigned } from '../../test/support/certificate.js';
import { closedPort, expectLetsGo, lookOnce } from '../../test/support/look-once.js';
import grpc from './grpc.check.js';
import keyword from './grpc-keyword.check.js';
import { HEALTH_CHECK } from './grpc/health.js';

const PROTO = `
  syntax = "proto3";
  package shop.v1;
  import "google/protobuf/empty.proto";
  service Orders {
    rpc Count (CountRequest) returns (CountAnswer);
    rpc Ping (google.protobuf.Empty) returns (google.protobuf.Empty);
    rpc Watch (CountRequest) returns (stream CountAnswer);
  }
  message CountRequest { string customer_name = 1; Range range = 2; }
  message Range { int32 from = 1; }
  message CountAnswer { string told = 1; int64 open_orders = 2; }
`;

/** Bytes in, bytes out, by path; what is missing never answers. */
type Answers = Record<string, ((request: Buffer) => Buffer | number) | null>;

describe('the checks of gRPC', () => {
  let server: Server | undefined;
  const certificate = selfSigned();

  afterEach(() => server?.forceShutdown());

  async function listening(answers: Answers, tls = false): Promise<number> {
    const started = new Server();
    server = started;
    const bytes = (buffer: Buffer): Buffer => buffer;
    const form = {
      requestStream: false,
      responseStream: false,
      requestSerialize: bytes,
      requestDeserialize: bytes,
    };
    for (const [path, answer] of Object.entries(answers)) {
      const method = { ...form, path, responseSerialize: bytes, responseDeserialize: bytes };
      const respond = ({ request }: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>): void => {
        const said = answer?.(request);
        if (typeof said === 'number') done({ code: said, details: 'in words' });
        else if (said) done(null, said);
      };
      started.addService({ [path]: method }, { [path]: respond });
    }
    const credentials = tls
      ? ServerCredentials.createSsl(null, [
          { private_key: Buffer.from(certificate.key), cert_chain: Buffer.from(certificate.cert) },
        ])
      : ServerCredentials.createInsecure();
    return new Promise((resolve, reject) => {
      started.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port)));
    });
  }

  describe('grpc', () => {
    const host = '127.0.0.1';

    it('is up when the server serves, down when it says that it does not', async () => {
      const statusOf = (request: Buffer): Buffer => Buffer.from([8, request.includes('sick') ? 2 : 1]);
      const port = await listening({ [HEALTH_CHECK]: statusOf });
      expect(await lookOnce(grpc, { host, port })).toEqual({
        found: 'up',
        message: 'The server says SERVING.',
        latencyMs: expect.any(Number),
      });
      expect(await lookOnce(grpc, { host, port, service: 'sick' })).toMatchObject({
        found: 'down',
        message: 'The service sick says NOT_SERVING.',
      });
    });

    it('asks about a service with a long name', async () => {
      const service = 'x'.repeat(300);
      let asked: Buffer = Buffer.alloc(0);
      const port = await listening({
        [HEALTH_CHECK]: (request) => {
          asked = request;
          return Buffer.from([8, 1]);
        },
      });
      expect(await lookOnce(grpc, { host, port, service })).toMatchObject({ found: 'up' });
      expect(asked.toString('latin1')).toBe(`\x0a\xac\x02${service}`); // 300 as a varint
    });

    it('is down with the status of a call that fails', async () => {
      const port = await listening({ [HEALTH_CHECK]: () => status.NOT_FOUND });
      expect(await lookOnce(grpc, { host, port })).toMatchObject({
        found: 'down',
        message: expect.stringContaining('NOT_FOUND: in words'),
      });
    });

    it('looks at the certificate, under the name of the host', async () => {
      const port = await listening({ [HEALTH_CHECK]: () => Buffer.from([8, 1]) }, true);
      const config = { host: 'localhost', port, tls: true };
      expect(await lookOnce(grpc, { ...config, ca: certificate.cert })).toMatchObject({ found: 'up' });
      expect(await lookOnce(grpc, { ...config, ignoreTls: true })).toMatchObject({ found: 'up' });
      expect(await lookOnce(grpc, config)).toMatchObject({ found: 'down' });
    });

    it('is down where nobody listens, at once', async () => {
      const port = await closedPort();
      expect(await lookOnce(grpc, { host, port })).toMatchObject({
        found: 'down',
        message: `127.0.0.1:${port} refuses the connection (ECONNREFUSED).`,
      });
    });

    it('lets go of a server that never answers', () => expectLetsGo(grpc, (port) => ({ host, port })));

    it('lets go of a call that is never answered', async () => {
      const port = await listening({ [HEALTH_CHECK]: null });
      expect(await lookOnce(grpc, { host, port }, { timeoutMs: 300 })).toMatchObject({ found: 'down' });
    });
  });

  describe('grpc-keyword', () => {
    function look(port: number, more: object = {}) {
      return lookOnce(keyword, {
        grpcUrl: `127.0.0.1:${port}`,
        grpcProtobuf: PROTO,
        grpcServiceName: 'Orders',
        grpcMethod: 'Count',
        grpcBody: '{"customerName": "ann"}',
        keyword: '"openOrders":"5"',
        ...more,
      });
    }

    /** `told` repeats the request's name; five open orders. */
    const answers: Answers = {
      '/shop.v1.Orders/Count': (request) => Buffer.concat([request, Buffer.from([16, 5])]),
      '/shop.v1.Orders/Ping': () => Buffer.alloc(0),
    };

    it('is up when the answer holds the keyword', async () => {
      const port = await listening(answers);
      expect(await look(port)).toEqual({
        found: 'up',
        message: 'The keyword is in the answer {"told":"ann","openOrders":"5"}',
        latencyMs: expect.any(Number),
      });
      expect(await look(port, { keyword: '"6"', invertKeyword: true })).toMatchObject({ found: 'up' });
      expect(await look(port, { grpcMethod: 'ping', grpcBody: '', keyword: '' })).toMatchObject({
        found: 'up',
      });
    });

    it('is down when it does not, or when it must not', async () => {
      const port = await listening(answers);
      expect(await look(port, { keyword: '"6"' })).toMatchObject({ found: 'down' });
      expect(await look(port, { invertKeyword: true })).toMatchObject({ found: 'down' });
    });

    it.each([
      ['a text that is none', { grpcProtobuf: 'message {' }, 'cannot be read'],
      ['an import', { grpcProtobuf: 'syntax = "proto3"; import "other.proto";' }, 'other.proto'],
      ['a method that is not there', { grpcMethod: 'Delete' }, 'no method Delete'],
      ['a service that is not there', { grpcServiceName: 'Other' }, 'cannot be read'],
      ['a stream', { grpcMethod: 'Watch' }, 'streams'],
      ['a body that is no object', { grpcBody: '[1]' }, 'grpcBody'],
      ['a body that does not fit', { grpcBody: '{"range": 5}' }, 'grpcBody'],
    ])('knows nothing with %s', async (_, more, words) => {
      expect(await look(1, more)).toMatchObject({
        found: 'unknown',
        message: expect.stringContaining(words),
      });
    });
  });
});
