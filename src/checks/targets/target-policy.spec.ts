import { hostOf } from './host-name.js';
import { listMistakes } from './target-list.js';
import { TargetPolicy } from './target-policy.js';

const policy = (level: 'public' | 'private' | 'any', allow: string[] = [], deny: string[] = []) =>
  new TargetPolicy({ level, allow, deny });

const PUBLIC = [
  '8.8.8.8',
  '1.1.1.1',
  '172.15.255.255',
  '172.32.0.1',
  '100.128.0.1',
  '192.0.1.1',
  '2606:4700::1111',
];
const PUBLIC_IN_OTHER_WORDS = ['::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '192.175.48.1'];
const PRIVATE = ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '100.127.255.255'];
const PRIVATE_IN_OTHER_WORDS = ['fd12:3456::1', '::ffff:10.0.0.1', '::ffff:a00:1', '64:ff9b::10.0.0.1'];
const ANY = [
  ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '0.1.2.3', '169.254.169.254', '224.0.0.1', '239.1.1.1'],
  ...[
    '255.255.255.255',
    '240.0.0.1',
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
    '198.18.0.1',
    '192.0.0.192',
  ],
  ...['168.63.129.16', '100.100.100.200', '192.88.99.1'],
  ...[
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'fec0::1',
    '2001:db8::1',
    '3fff::1',
    '100::1',
    '5f00::1',
  ],
  ...['fd00:ec2::254', 'fd20:ce::254', '::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '::8.8.8.8'],
  ...[
    '64:ff9b::127.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::8.8.8.8',
    '::ffff:0:127.0.0.1',
    '2002:7f00:1::',
  ],
  ...['2002:808:808::1', '2001:0:808:808::1', '2001:2::1', '2001:10::1', '4000::1', '::2'],
];

describe('TargetPolicy', () => {
  it.each([...PUBLIC, ...PUBLIC_IN_OTHER_WORDS])('allows the public %s at every level', (address) => {
    expect(policy('public').refusesAddress(address, null)).toBeNull();
    expect(policy('any').refusesAddress(address, null)).toBeNull();
  });

  it.each([...PRIVATE, ...PRIVATE_IN_OTHER_WORDS])('allows the private %s at private and any', (address) => {
    expect(policy('public').refusesAddress(address, null)).toMatch(
      /it takes private, or an entry in CHECK_ALLOW/,
    );
    expect(policy('private').refusesAddress(address, null)).toBeNull();
    expect(policy('any').refusesAddress(address, null)).toBeNull();
  });

  it.each(ANY)('allows %s at any alone', (address) => {
    expect(policy('public').refusesAddress(address, null)).toMatch(/it takes any/);
    expect(policy('private').refusesAddress(address, null)).toMatch(/it takes any/);
    expect(policy('any').refusesAddress(address, null)).toBeNull();
  });

  it('lets a deny win over everything, by name, by network and through translators and tunnels', () => {
    const strict = policy(
      'any',
      ['10.0.0.1', 'db.example.org'],
      ['*.example.org', '10.0.0.0/8', '2001:db8::/32'],
    );
    expect(strict.refusesName('db.example.org')).toBe('db.example.org is in CHECK_DENY');
    expect(strict.refusesName('example.org')).toBeNull();
    for (const address of [
      '10.0.0.1',
      '::ffff:10.9.9.9',
      '64:ff9b::10.1.1.1',
      '2002:a01:101::1',
      '2001:db8::5',
    ])
      expect(strict.refusesAddress(address, null)).toMatch(/is in CHECK_DENY/);
    // The client of a Teredo address is hidden behind turned bits: 10.1.1.1.
    expect(strict.refusesAddress('2001:0:808:808:0:0:f5fe:fefe', null)).toMatch(/is in CHECK_DENY/);
    expect(strict.refusesAddress('11.0.0.1', null)).toBeNull();
  });

  it('allows a named target whatever its address is, and a network whatever its name is', () => {
    const lists = policy('public', ['nas.lan', '*.svc.cluster.local', '127.0.0.0/8', 'fe80::/10']);
    expect(lists.refusesAddress('192.168.1.5', 'nas.lan')).toBeNull();
    expect(lists.refusesAddress('192.168.1.5', 'xnas.lan')).not.toBeNull();
    expect(lists.refusesAddress('10.0.0.9', 'a.b.svc.cluster.local')).toBeNull();
    expect(lists.refusesAddress('10.0.0.9', 'svc.cluster.local')).not.toBeNull();
    expect(lists.refusesAddress('127.0.0.1', 'anything.example')).toBeNull();
    expect(lists.refusesAddress('::ffff:127.0.0.1', null)).toBeNull();
    expect(lists.refusesAddress('fe80::1%eth0', null)).toBeNull();
    expect(lists.refusesAddress('::1', null)).not.toBeNull();
  });
});

describe('listMistakes', () => {
  it('takes names, networks and addresses', () => {
    const words = [
      'a.example',
      '*.b.example',
      'localhost',
      'my_host',
      '10.0.0.1',
      '10.0.0.0/8',
      '::1',
      'fd00::/8',
      'münchen.de',
      '0.0.0.0/0',
    ];
    expect(listMistakes(words)).toEqual([]);
  });

  it.each([
    '*',
    'a.*.example',
    'http://a',
    'a:80',
    '10.0.0.0/33',
    '10.0.0/8',
    '127.1',
    '0x7f.1',
    '2130706433',
    '010.0.0.1',
    'fd00::/129',
    '[::1]:80',
    'a b',
    '10.0.0.0/',
    '1.2.3.256',
    '-a.example',
  ])('names %s as a mistake', (word) => {
    expect(listMistakes(['a.example', word])).toEqual([expect.stringContaining(JSON.stringify(word))]);
  });
});

describe('hostOf', () => {
  it.each([
    ['2130706433', '127.0.0.1'],
    ['0x7f.1', '127.0.0.1'],
    ['017700000001', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['0', '0.0.0.0'],
    ['010.0.0.1', '8.0.0.1'],
    ['１２７.0.0.1', '127.0.0.1'],
    ['127.0.0.1.', '127.0.0.1'],
    ['0xA9FEA9FE', '169.254.169.254'],
    ['[::1]', '::1'],
    ['::ffff:127.0.0.1', '::ffff:127.0.0.1'],
  ])('reads %s as the address %s', (text, address) => {
    expect(hostOf(text)).toMatchObject({ kind: 'address', address });
  });

  it.each(['', 'a b', 'a:80', 'a/b', '1.2.3.4.5', '256.256.256.256', '.a', 'a..b', '%00', 'x'.repeat(254)])(
    'finds no host in %j',
    (text) => expect(hostOf(text)).toBeNull(),
  );

  it('reads names in lower case, without their last dot, and in ASCII', () => {
    expect(hostOf('WWW.Example.ORG.')).toEqual({ kind: 'name', name: 'www.example.org' });
    expect(hostOf('münchen.de')).toEqual({ kind: 'name', name: 'xn--mnchen-3ya.de' });
    expect(hostOf('my_service')).toEqual({ kind: 'name', name: 'my_service' });
  });
});
