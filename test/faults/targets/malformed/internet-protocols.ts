import { ANY, hex, latin1, type Malformed } from './frames.js';

/** Length in 3 bytes, type, flags, stream. Source: RFC 9113, 4.1. */
function http2Frames(): Buffer[] {
  const types = Array.from({ length: 12 }, (_, type) => type);
  return types.flatMap((type) =>
    ['000000', '000001', '000004', '000005', '004000', 'ffffff'].flatMap((length) =>
      ['00 00000000', 'ff 00000001', '04 7fffffff'].flatMap((rest) =>
        hex(`${length} ${type.toString(16).padStart(2, '0')} ${rest}`).flatMap((head) => [
          head,
          Buffer.concat([head, Buffer.alloc(8, 0xff)]),
        ]),
      ),
    ),
  );
}

export const GRPC: Malformed = {
  known: [Buffer.alloc(500, 0xff), ...hex('ffffff 04 00 00000000', '000000 04 01 00000000'.repeat(2_000))],
  others: [
    ...http2Frames(),
    ...hex('000005 00 00 00000001 00 ffffffff', '000005 00 01 00000001 01 ffffffff'),
    ...ANY,
  ],
};

const OK = 'HTTP/1.1 200 OK\r\n';
export const HTTP: Malformed = {
  known: latin1(
    `${OK}content-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\xff\xff`,
    `${OK}transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n`,
    `${OK}content-length: 99999999999999999999\r\n\r\n`,
    `${OK}x: ${'y'.repeat(100_000)}\r\n\r\n`,
    `${OK}content-type: application/json\r\n\r\n${'['.repeat(200_000)}`,
  ),
  others: [
    ...latin1(
      'HTTP/1.1\r\n\r\n',
      'HTTP/1.1 99999 \r\n\r\n',
      'HTTP/9.9 200 OK\r\n\r\n',
      'HTTP/1.1 100 Continue\r\n\r\n'.repeat(2_000),
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      'HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello',
      'HTTP/1.1 302 Found\r\nlocation: \r\ncontent-length: 0\r\n\r\n',
      'HTTP/1.1 302 Found\r\nlocation: http://[\r\ncontent-length: 0\r\n\r\n',
      'HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n',
      `${OK}\r\n`,
      `${OK}content-length: -1\r\n\r\n`,
      `${OK}content-length: 0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      `${OK}transfer-encoding: chunked\r\n\r\n-1\r\n`,
      `${OK}transfer-encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}\r\n`,
      `${OK}transfer-encoding: chunked\r\n\r\n0\r\n${'x: y\r\n'.repeat(5_000)}`,
      `${OK}content-type: text/html; charset=${'x'.repeat(1_000)}\r\ncontent-length: 1\r\n\r\n.`,
      `${OK}set-cookie: \x00\r\n\r\n`,
      `${OK}: \r\n\r\n`,
    ),
    ...['gzip', 'br', 'deflate', 'zstd', 'gzip, gzip, gzip', 'x'.repeat(100)].flatMap((coding) =>
      ['', '\x00', '\xff'.repeat(8), '\x1f\x8b\x08'].map((body) =>
        Buffer.from(
          `${OK}content-encoding: ${coding}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
          'latin1',
        ),
      ),
    ),
    ...ANY,
  ],
};

/** Records: type, version, length. Handshake messages: type, length in 3 bytes. Source: RFC 8446, 5.1 and 4. */
export const TLS: Malformed = {
  known: hex('16 0303 0000', '16 0303 ffff', '15 0303 0002 0228'),
  others: [
    ...[0x14, 0x15, 0x16, 0x17, 0x18, 0xff].flatMap((type) =>
      [
        '0303 0000',
        '0303 0001 00',
        '0303 0004 02ffffff',
        '0303 4001',
        '0000 0004 02000000',
        '0303 0006 020000020303',
      ].flatMap((rest) => hex(`${type.toString(16)} ${rest}`)),
    ),
    ...ANY,
  ],
};

/** They follow the two bytes of the query's id, which the server repeats. Source: RFC 1035, 4.1.1. */
export const DNS: Malformed = {
  known: hex('', '8180', '8180 0001 ffff ffff ffff', '8180 0001 0001 0000 0000 c000'),
  others: [
    ...hex(
      '8180 0000 0000 0000 0000',
      '8380 0001 0000 0000 0000',
      '818f 0001 0000 0000 0000',
      '8180 0001 0001 0000 0000 c00c 0001 0001',
      '8180 0001 0001 0000 0000 c00c 0001 0001 c00c 0001 0001 00000000 ffff',
      '8180 ffff 0000 0000 0000',
      '8180 0001 0001 0000 0000 3f',
    ),
    ...ANY,
  ],
};
