import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** What the server says of a name: IPv4 addresses, that there is none, that it fails, or nothing at all. */
export type DnsAnswer = string[] | 'unknown' | 'failure' | 'silence';

export interface TestDnsServer {
  /** `address:port` */
  server: string;
  port: number;
  /** Names asked for, type A alone, in order. */
  asked: string[];
  close(): Promise<void>;
}

/** A DNS server over UDP that knows A records (TTL 0); every other type has none. Source: RFC 1035, 4. */
export async function startDnsServer(answerTo: (name: string) => DnsAnswer): Promise<TestDnsServer> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, { port, address }) => {
    const { name, type, end } = questionOf(query);
    if (type === 1) asked.push(name);
    const answer = answerTo(name);
    if (answer === 'silence') return;
    const addresses = type === 1 && Array.isArray(answer) ? answer : [];
    const code = answer === 'unknown' ? 3 : answer === 'failure' ? 2 : 0;
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8180 | code, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(addresses.length, 6);
    socket.send(Buffer.concat([head, query.subarray(12, end), ...addresses.map(record)]), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  const close = async () => {
    socket.close();
    await once(socket, 'close');
  };
  return { server: `127.0.0.1:${port}`, port, asked, close };
}

function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** The name is that of the question (a pointer to byte 12). */
function record(address: string): Buffer {
  const head = Buffer.from('c00c00010001000000000004', 'hex');
  return Buffer.concat([head, Buffer.from(address.split('.').map(Number))]);
}
