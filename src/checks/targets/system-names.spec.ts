import { candidatesFor, parseHosts, parseSearchRule } from './system-names.js';

describe('the search list', () => {
  const pod = parseSearchRule(
    'nameserver 10.96.0.10\nsearch app.svc.cluster.local svc.cluster.local\noptions ndots:5 timeout:1\n',
  );

  it('goes before a name of few dots and after one of many', () => {
    expect(candidatesFor('db', false, pod)).toEqual([
      'db.app.svc.cluster.local',
      'db.svc.cluster.local',
      'db',
    ]);
    expect(candidatesFor('a.b.c.d.e.f', false, pod)[0]).toBe('a.b.c.d.e.f');
    expect(candidatesFor('www.example.org', false, parseSearchRule('domain lan.'))).toEqual([
      'www.example.org',
      'www.example.org.lan',
    ]);
  });

  it('is not asked for a name with a last dot', () => {
    expect(candidatesFor('db', true, pod)).toEqual(['db']);
  });
});

describe('parseHosts', () => {
  it('reads several names and addresses', () => {
    const names = parseHosts('# c\n10.0.0.5\tNAS nas.lan\n\n::1 nas\nnot-an-address nas\n');
    expect(names.get('nas')).toEqual([
      { address: '10.0.0.5', family: 4 },
      { address: '::1', family: 6 },
    ]);
    expect(names.get('nas.lan')).toHaveLength(1);
  });
});
