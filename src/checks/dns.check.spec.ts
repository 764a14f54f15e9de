import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { startDnsServer, type TestDnsServer } from '../../test/support/dns-server.js';
import { lookOnce } from '../../test/support/look-once.js';
import check from './dns.check.js';
import { openTargetNet } from './targets/open-target-net.js';

const number = (bytes: number, value: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
};
const text = (value: string): Buffer => Buffer.concat([number(1, value.length), Buffer.from(value)]);
const name = (value: string): Buffer => Buffer.concat([...value.split('.').map(text), number(1, 0)]);

/** Type number and data of one record each. Sources: RFC 1035 3.3, RFC 2782, RFC 3596, RFC 8659. */
const RECORDS: Record<string, [type: number, data: Buffer, told: string]> = {
  AAAA: [28, Buffer.from('20010db8000000000000000000000001', 'hex'), '2001:db8::1'],
  CAA: [257, Buffer.concat([number(1, 0), text('issue'), Buffer.from('ca.example')]), '0 issue "ca.example"'],
  CNAME: [5, name('other.example'), 'other.example'],
  MX: [15, Buffer.concat([number(2, 10), name('mail.example')]), 'mail.example 10'],
  NS: [2, name('ns.example'), 'ns.example'],
  PTR: [12, name('host.example'), 'host.example'],
  SOA: [
    6,
    Buffer.concat([name('ns.example'), name('admin.example'), number(4, 7), Buffer.alloc(16)]),
    'ns.example admin.example 7',
  ],
  SRV: [
    33,
    Buffer.concat([number(2, 1), number(2, 2), number(2, 5060), name('sip.example')]),
    'sip.example:5060',
  ],
  TXT: [16, Buffer.concat([text('v=spf1 '), text('-all')]), 'v=spf1 -all'],
};

/** Answers each question with the record of its type. */
async function startRecordServer(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    let end = 12;
    while (query[end] !== 0) end += 1 + query[end]!;
    const type = query.readUInt16BE(end + 1);
    const [, data] = Object.values(RECORDS).find(([number]) => number === type)!;
    const head = Buffer.concat([query.subarray(0, 2), Buffer.from('81800001000100000000', 'hex')]);
    const record = Buffer.concat([
      Buffer.from('c00c', 'hex'),
      number(2, type),
      Buffer.from('000100000000', 'hex'),
      number(2, data.length),
      data,
    ]);
    socket.send(Buffer.concat([head, query.subarray(12, end + 5), record]), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

describe('the check dns', () => {
  let server: TestDnsServer;

  beforeAll(async () => {
    server = await startDnsServer((asked) => {
      if (asked === 'two.example') return ['192.0.2.1', '192.0.2.2'];
      return asked === 'silence.example' ? 'silence' : asked === 'broken.example' ? 'failure' : 'unknown';
    });
  });

  afterAll(() => server.close());

  function look(host: string, more: object = {}, timeoutMs?: number) {
    return lookOnce(check, { host, resolver_server: '127.0.0.1', port: server.port, ...more }, { timeoutMs });
  }

  it('is up when there is a record, and when one is as expected', async () => {
    expect(await look('two.example')).toEqual({
      found: 'up',
      message: 'A: 192.0.2.1, 192.0.2.2',
      latencyMs: expect.any(Number),
    });
    expect(await look('two.example', { expected_value: '192.0.2.2' })).toMatchObject({ found: 'up' });
  });

  it('is down when none is', async () => {
    expect(await look('two.example', { expected_value: '192.0.2.3' })).toMatchObject({
      found: 'down',
      message: 'None is 192.0.2.3. A: 192.0.2.1, 192.0.2.2',
    });
    expect(await look('nobody.example')).toMatchObject({ message: expect.stringContaining('no such name') });
    expect(await look('broken.example')).toMatchObject({
      found: 'down',
      message: expect.stringContaining('failed'),
    });
    expect(await look('two.example', { resolve_type: 'MX' })).toMatchObject({
      found: 'down',
      message: expect.stringContaining('no such record'),
    });
  });

  it('is down when the server is silent, in time', async () => {
    expect(await look('silence.example', {}, 300)).toMatchObject({
      found: 'down',
      message: 'no answer within 300 ms',
    });
  });

  it('asks no server that the policy forbids', async () => {
    const net = openTargetNet({ level: 'public', allow: [], deny: [] });
    const config = { host: 'two.example', resolver_server: '127.0.0.1', port: server.port };
    const before = server.asked.length;
    expect(await lookOnce(check, config, { net })).toMatchObject({ found: 'unknown' });
    expect(server.asked).toHaveLength(before);
  });

  it.each(Object.keys(RECORDS))('tells a record of type %s', async (type) => {
    const socket = await startRecordServer();
    const host = type === 'PTR' ? '192.0.2.1' : 'any.example';
    const config = { host, resolver_server: '127.0.0.1', port: socket.address().port, resolve_type: type };
    expect(await lookOnce(check, config)).toMatchObject({
      found: 'up',
      message: `${type}: ${RECORDS[type]![2]}`,
    });
    socket.close();
  });
});
