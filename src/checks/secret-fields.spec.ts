import { z } from 'zod';
import { defineCheck } from './define-check.js';
import { up } from './outcomes.js';
import { markersIn, mergeSecrets, secretsOf, withoutSecrets, type Path } from './secret-fields.js';
import { maskText, SECRET_MARKER as M } from '../core/secret-text.js';

const check = defineCheck({
  type: 'any',
  describe: 'Any.',
  schema: z.object({
    url: z.string(),
    pass: z.string(),
    nodes: z.array(z.string()),
    sasl: z.looseObject({}),
  }),
  secrets: ['pass'],
  target: () => null,
  run: () => Promise.resolve(up('')),
});

const config = {
  url: 'redis://me:p%40ss/w@host:6379/0',
  pass: 'swordfish',
  nodes: ['amqp://a:one@h1', 'amqp://h2', 'amqp://b:two@h3'],
  sasl: { mechanism: 'PLAIN', password: 'hidden' },
  unknown: 'kept',
};

const shown = {
  url: `redis://me:${M}@host:6379/0`,
  pass: M,
  nodes: [`amqp://a:${M}@h1`, 'amqp://h2', `amqp://b:${M}@h3`],
  sasl: { mechanism: 'PLAIN', password: M },
  unknown: 'kept',
};

describe('maskText', () => {
  it.each([
    ['postgres://u:secret@h:5432/d?sslmode=require', `postgres://u:${M}@h:5432/d?sslmode=require`],
    ['redis://:pa:ss@wo/rd@h', `redis://:${M}@h`],
    ['mongodb://u:p@h1:1,h2:2/d', `mongodb://u:${M}@h1:1,h2:2/d`],
    ['http://host:8080/a@b', 'http://host:8080/a@b'],
    ['mongodb://h1:27017,h2:27018/?x=a@b', 'mongodb://h1:27017,h2:27018/?x=a@b'],
    ['https://h/hook?a=1&api_key=abc&b=2#x', `https://h/hook?a=1&api_key=${M}&b=2#x`],
    ['https://u:one@h/?token=two', `https://u:${M}@h/?token=${M}`],
    ['Server=h;User Id=sa;Password=abc;Encrypt=false', `Server=h;User Id=sa;Password=${M};Encrypt=false`],
    ['mongodb://u:p@h/d?authSource=admin', `mongodb://u:${M}@h/d?authSource=admin`],
    [
      'see redis://h:6379/0 and redis://u:one@h and redis://u:two@h',
      `see redis://h:6379/0 and redis://u:${M}@h and redis://u:${M}@h`,
    ],
    ['no secret: here', 'no secret: here'],
  ])('%s', (text, masked) => expect(maskText(text)).toBe(masked));

  // Each took minutes when it took time in proportion to the square of the length.
  it.each(['a.', 'a://x:', '?', '?pass', '&token=x', 'password ', 'password=;', 'a://b:c@'])(
    'is soon done with a long text of %s',
    (part) => expect(maskText(part.repeat(1_000_000))).toContain(part[0]),
  );
});

describe('withoutSecrets', () => {
  it('shows a marker for each', () => {
    expect(withoutSecrets(check, config)).toEqual(shown);
    expect(withoutSecrets(check, null)).toBeNull();
  });

  it('hides of a type it does not know every key that looks secret', () => {
    const foreign = {
      community: 'public',
      host: 'h',
      docker_auth: { user: 'x' },
      api_token: 5,
      tls_key: '',
      tls: true,
    };
    expect(withoutSecrets(undefined, foreign)).toEqual({
      ...foreign,
      community: M,
      docker_auth: M,
      api_token: M,
    });
  });

  it('tells which texts they are', () => {
    expect(secretsOf(check, config)).toEqual(
      expect.arrayContaining(['p%40ss/w', 'p@ss/w', 'swordfish', 'one', 'two', 'hidden']),
    );
    expect(secretsOf(check, { url: 'http://h/' })).toEqual([]);
    const headers = '{"Authorization":"Bearer abc.def","Accept":"text/html","Cookie":"sid=1"}';
    expect(secretsOf(check, { pass: headers })).toEqual(
      expect.arrayContaining(['Bearer abc.def', 'abc.def', 'sid=1']),
    );
    expect(secretsOf(check, { pass: headers })).not.toContain('text/html');
  });
});

describe('mergeSecrets', () => {
  it('brings what was shown back to what it was', () => {
    expect(mergeSecrets(check, config, shown)).toEqual(config);
  });

  it('keeps a secret that is left out, and takes a new or an empty one', () => {
    const { pass: _, ...without } = shown;
    expect(mergeSecrets(check, config, without)).toEqual(config);
    expect(mergeSecrets(check, config, { ...shown, pass: 'new' })).toEqual({ ...config, pass: 'new' });
    expect(mergeSecrets(check, config, { ...shown, pass: '' })).toMatchObject({ pass: '' });
    expect(mergeSecrets(check, config, { ...shown, sasl: { mechanism: 'PLAIN' } })).toEqual(config);
  });

  it('drops other keys that are left out', () => {
    expect(mergeSecrets(check, config, { url: 'redis://h' })).toEqual({
      url: 'redis://h',
      pass: 'swordfish',
    });
  });

  it('gives each server of a list its own password, whatever their order', () => {
    const [one, two, three] = shown.nodes as [string, string, string];
    expect(mergeSecrets(check, config, { ...shown, nodes: [three, one, two] })).toMatchObject({
      nodes: ['amqp://b:two@h3', 'amqp://a:one@h1', 'amqp://h2'],
    });
    const edited = { ...shown, nodes: [`amqp://c:${M}@h3/vhost`] };
    expect(mergeSecrets(check, config, edited)).toMatchObject({ nodes: ['amqp://c:two@h3/vhost'] });
  });

  it.each([`redis://host:6379/${M}`, `redis://${M}@host:6379/0`, `redis://${M}:x@host:6379/0`])(
    'restores no secret where an answer would show it: %s',
    (url) => expect(mergeSecrets(check, config, { ...shown, url })).toMatchObject({ url }),
  );

  it('says what it kept', () => {
    const kept: Path[] = [];
    mergeSecrets(check, config, { ...shown, pass: 'new' }, kept);
    expect(kept).toEqual([['url'], ['nodes', 0], ['nodes', 2], ['sasl', 'password']]);
  });

  it('keeps the password of a URL whose host is edited', () => {
    expect(mergeSecrets(check, config, { ...shown, url: `redis://me:${M}@other:1/2` })).toMatchObject({
      url: 'redis://me:p%40ss/w@other:1/2',
    });
  });

  it('leaves a marker that stands for nothing, to be told', () => {
    const merged = mergeSecrets(check, { url: 'redis://h' }, { url: `redis://:${M}@h`, pass: M });
    expect(markersIn(merged)).toEqual(['url', 'pass']);
    expect(mergeSecrets(check, null, { pass: 'x' })).toEqual({ pass: 'x' });
  });
});
