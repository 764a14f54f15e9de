import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { emittersFileSchema } from './emitters-file.schema.js';

const published = z.toJSONSchema(emittersFileSchema, { io: 'input' });
const validate = new Ajv2020({ strict: true, strictRequired: false }).compile(published);

const good = {
  name: 'a',
  every: '30s',
  target: { http: { url: 'http://target.test' } },
  payload: { template: {} },
};

describe('the published schema of EMITTERS_FILE', () => {
  it.each<[object, boolean]>([
    [{}, true],
    [{ every: 5 }, true],
    [{ every: 'never' }, true],
    [{ every: undefined, cron: '* * * * *', timezone: 'UTC' }, true],
    [{ payload: { file: 'p.json', order: 'shuffle' } }, true],
    [{ payload: { template: null } }, true],
    [{ target: { topic: { name: 't', key: 'k', headers: { a: 'b' } } } }, true],
    [{ retry: { attempts: 1, delay: 'fixed' }, paused: true, first_at_once: false }, true],
    [{ every: 0 }, false],
    [{ every: '5 s' }, false],
    [{ every: undefined }, false],
    [{ cron: '* * * * *' }, false],
    [{ name: 'A' }, false],
    [{ target: {} }, false],
    [{ target: { ...good.target, topic: { name: 't' } } }, false],
    [{ target: { http: { url: 'x', method: 'GET' } } }, false],
    [{ target: { http: { url: 'x', headers: { a: 1 } } } }, false],
    [{ payload: {} }, false],
    [{ payload: { file: 'p', template: 1 } }, false],
    [{ retry: { attempts: 0 } }, false],
    [{ more: 1 }, false],
  ])('agrees with what is read: %j', (change, isGood) => {
    const file = JSON.parse(JSON.stringify({ $schema: 'x', emitters: [{ ...good, ...change }] })) as unknown;
    expect({ read: emittersFileSchema.safeParse(file).success, published: validate(file) }).toEqual({
      read: isGood,
      published: isGood,
    });
  });

  it('describes each member', () => {
    const { items } =
      (published.properties as Record<string, { items: { properties: object } }>).emitters ?? {};
    const bare = Object.entries(items?.properties ?? {}).filter(
      ([, schema]) => !(schema as { description?: string }).description,
    );
    expect(bare).toEqual([]);
  });
});
