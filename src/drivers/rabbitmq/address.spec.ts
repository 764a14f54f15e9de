import { readNodes } from './address.js';

const PASSWORD = 'Ge/heim';

describe('readNodes', () => {
  it.each([
    [
      'amqp://localhost',
      { protocol: 'amqp', host: 'localhost', port: 5672, username: 'guest', password: 'guest', vhost: '/' },
    ],
    ['amqps://host', { protocol: 'amqps', port: 5671 }],
    ['AMQP://u:p@host:1234/', { protocol: 'amqp', username: 'u', password: 'p', port: 1234, vhost: '/' }],
    ['amqp://host/%2F', { vhost: '/' }],
    ['amqp://host/test', { host: 'host', vhost: 'test' }],
    ['amqp://host/%2Ftest', { vhost: '/test' }],
    ['amqp://host/a%20b%25', { vhost: 'a b%' }],
    ['amqp://u@host', { username: 'u', password: '' }],
    ['amqp://u%40x:p%2F%23%3F%25%3A%40@host', { username: 'u@x', password: 'p/#?%:@' }],
    ['amqp://u:p@ss:w@host', { username: 'u', password: 'p@ss:w', host: 'host' }],
    ['amqp://[::1]:5672/x', { host: '::1', port: 5672, vhost: 'x' }],
    [' amqp://host ', { host: 'host' }],
  ])('reads %s', (value, node) => {
    expect(readNodes(value)).toEqual([expect.objectContaining(node)]);
  });

  it('reads several, whatever their passwords hold', () => {
    expect(readNodes('amqp://u:a,b@one, amqps://u:c,amqp@two:99/v')).toEqual([
      expect.objectContaining({ host: 'one', password: 'a,b' }),
      expect.objectContaining({ host: 'two', password: 'c,amqp', port: 99, vhost: 'v', protocol: 'amqps' }),
    ]);
  });

  it.each([
    ['http://host', 'begin with amqp://'],
    ['localhost', 'begin with amqp://'],
    ['amqp://', 'host'],
    ['amqp:///vhost', 'host'],
    ['amqp://host:99999', 'URL'],
    ['amqp://host, two', 'URL'],
    [`amqp://user:${PASSWORD}@host`, 'percent-encode'],
    ['amqp://user:12/Geheim@host', 'percent-encode'],
    ['amqp://user:12#Geheim@host', 'percent-encode'],
    ['amqp://user:12?Geheim@host', 'percent-encode'],
    ['amqp://user:Geheim%zz@host', 'percent-encode'],
    ['amqp://host/vhost%', 'percent-encode'],
    ['amqp://user:Geheim@host/v#x', '#'],
    ['amqp://user:Geheim@host?heartbeat=5', 'RABBITMQ_HEARTBEAT_S'],
  ])('says what is wrong with %s, and nothing of its value', (value, rule) => {
    const told = readNodes(value);
    expect(told).toEqual(expect.stringContaining(rule));
    expect(told).not.toContain('Geheim');
    expect(told).not.toContain('heim');
  });
});
