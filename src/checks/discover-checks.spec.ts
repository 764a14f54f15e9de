import { discoverChecks } from './discover-checks.js';
import { FOREIGN_TYPES } from './foreign-types.js';
import { publishedSchema } from './published-schema.js';

/** As Peekaping names them. */
const PEEKAPING =
  'http http-keyword http-json-query push tcp ping dns docker grpc-keyword snmp mongodb mysql postgres sqlserver redis mqtt rabbitmq kafka-producer';

describe('discoverChecks', () => {
  it('finds each type, and says a sentence for each that Peekaping has besides', async () => {
    const checks = await discoverChecks();
    expect([...checks.keys(), ...Object.keys(FOREIGN_TYPES)].sort()).toEqual(
      [...PEEKAPING.split(' '), 'tls', 'grpc'].sort(),
    );
    expect(await discoverChecks()).toBe(checks);
  });
});

describe('publishedSchema', () => {
  it('describes every key of every type, and names its secrets', async () => {
    for (const definition of (await discoverChecks()).values()) {
      const { type, description, schema, secrets } = publishedSchema(definition);
      const properties = schema.properties as Record<string, { description?: string; default?: unknown }>;
      const bare = Object.keys(properties).filter((key) => !properties[key]?.description);
      expect({ type, bare, strict: schema.additionalProperties }).toEqual({ type, bare: [], strict: false });
      expect(description).toMatch(/\.$/);
      expect(Object.keys(properties)).toEqual(expect.arrayContaining(secrets));
      expect(type.length).toBeLessThanOrEqual(20);
    }
  });

  it('lets what has a default be left out', async () => {
    const tls = (await discoverChecks()).get('tls')!;
    expect(publishedSchema(tls).schema).toMatchObject({
      type: 'object',
      required: ['host'],
      properties: { port: { type: 'integer', default: 443, maximum: 65_535 } },
    });
  });
});
