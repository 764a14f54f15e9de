import { ANY, hex, int32, latin1, LENGTHS, type Malformed } from './frames.js';

/** A type of one byte and a length, alone and followed by 8 zero bytes. */
function typed(types: string): Buffer[] {
  return [...types].flatMap((type) =>
    LENGTHS.map((length) => Buffer.concat([Buffer.from(type, 'latin1'), int32(length)])).flatMap((frame) => [
      frame,
      Buffer.concat([frame, Buffer.alloc(8)]),
    ]),
  );
}

/** A length, alone and followed by 12 zero bytes. */
const lengths = (isLittle: boolean): Buffer[] =>
  LENGTHS.flatMap((length) => [
    int32(length, isLittle),
    Buffer.concat([int32(length, isLittle), Buffer.alloc(12)]),
  ]);

/** A result of one timestamp column, whose value has 100,000 digits. Source: PostgreSQL, "Message Formats". */
function longTimestamp(): Buffer {
  const description = hex('54 0000001a 0001 7400 00000000 0000 0000045a 0008 ffffffff 0000');
  const value = Buffer.alloc(100_000, '1');
  const row = [Buffer.from('D'), int32(value.length + 10), ...hex('0001'), int32(value.length), value];
  return Buffer.concat([...description, ...row, ...hex('43 0000000d 53454c454354203100 5a 00000005 49')]);
}

/** Among them authentication requests of every kind: 7 is GSSAPI, 8 its continuation. */
export const POSTGRES: Malformed = {
  known: [
    ...hex(
      '52 00000008 00000007',
      '52 00000008 00000008',
      '45 00000004',
      '4e 00000004',
      '4e 00000005 53',
      '5a 00000000',
    ),
    longTimestamp(),
  ],
  others: [
    ...Array.from({ length: 14 }, (_, kind) => Buffer.concat([hex('52 00000008')[0]!, int32(kind)])),
    ...hex(
      '52 0000000c 0000000b 00000000',
      '54 00000006 ffff',
      '44 00000006 ffff',
      '44 0000000a 0001 fffffffe',
      '41 00000004',
    ),
    ...typed('RENSKZTDCGHWVA123'),
    ...ANY,
  ],
};

export const MYSQL: Malformed = {
  known: hex('00000000', 'ffffff00', '01000000ff', '0100000000', '01000000fe'),
  others: [
    ...hex(
      'ffffffff',
      '010000000a',
      '05000000 0a35000000',
      '04000001 fefefefe',
      '09000002 fcffff000000000000',
      '09000001 fe ffffffffffffffff',
    ),
    ...LENGTHS.flatMap((length) =>
      [0, 1, 2, 255].map((sequence) =>
        Buffer.concat([int32(length, true).subarray(0, 3), Buffer.from([sequence])]),
      ),
    ),
    ...ANY,
  ],
};

export const MONGODB: Malformed = {
  known: hex('00000000', 'ffffffff', '10000000', '00000080', '0f000000'),
  others: [
    ...lengths(true),
    ...hex(
      '10000000 00000000 00000000 dd070000',
      '15000000 00000000 00000000 dd070000 00000000 00',
      '15000000 00000000 00000000 dd070000 00000000 01',
      '19000000 00000000 00000000 dd070000 00000000 00 00000000',
      '19000000 00000000 00000000 dd070000 00000000 00 ffffffff',
      '19000000 00000000 00000000 dc070000 dd070000 ffffffff 02',
      '24000000 00000000 00000000 01000000 00000000 0000000000000000 00000000 ffffffff',
    ),
    ...ANY,
  ],
};

export const KAFKA: Malformed = {
  known: hex('ffffffff', '00000000', '80000000', '00000001 00', '00000003 000000'),
  others: [
    ...lengths(false),
    ...hex(
      '00000004 00000000',
      '00000004 ffffffff',
      '0000000a 00000000 0000 ffffffff',
      '0000000a 00000000 0000 7fffffff',
      '0000000a 00000001 0000 7fffffff',
    ),
    ...ANY,
  ],
};

function amqpFrames(): Buffer[] {
  return [0, 1, 2, 3, 8, 255].flatMap((type) =>
    LENGTHS.flatMap((length) =>
      [Buffer.alloc(0), Buffer.from([0xce]), Buffer.alloc(16, 0xff)].map((rest) =>
        Buffer.concat([Buffer.from([type, 0, 0]), int32(length), rest]),
      ),
    ),
  );
}

export const AMQP: Malformed = {
  known: [
    Buffer.alloc(64, 0xff),
    ...hex(
      '01 0000 ffffffff',
      '01 0000 00ffffff',
      '01 0000 00000000 ce',
      '01 0000 00000004 000a0033 ce',
      '08 0001 00000000 ce',
    ),
  ],
  others: [...amqpFrames(), ...latin1('AMQP\x00\x00\x09\x01', 'AMQP\x01\x01\x00\x0a'), ...ANY],
};

export const REDIS: Malformed = {
  known: latin1('*-9\r\n$-9\r\n', '*1\r\n'.repeat(20_000), '$-2\r\n', '*2147483647\r\n', '$536870912\r\n'),
  others: [
    ...[...'+-:$*_#,(!=%~>|'].flatMap((type) =>
      ['', '\r\n', '0\r\n', '-1\r\n', '1\r\n', '99999999999999999999\r\n', 'x\r\n', '1\r\n\r\n'].map((rest) =>
        Buffer.from(type + rest, 'latin1'),
      ),
    ),
    ...ANY,
  ],
};
