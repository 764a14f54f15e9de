import { configMistakes } from './config-mistakes.js';
import { discoverChecks } from './discover-checks.js';
import type { CheckDefinition } from './define-check.js';
import kafka from './kafka-producer.check.js';
import tcp from './tcp.check.js';

function told(definition: CheckDefinition, config: Record<string, unknown>): [string, string][] {
  return configMistakes(definition, config).map(({ path, message }) => [path.join('.'), message]);
}

describe('configMistakes', () => {
  it('finds none in a right one', () => {
    expect(told(tcp, { host: 'db.example', port: 5432 })).toEqual([]);
  });

  it('names each wrong, missing and unknown key', () => {
    expect(told(tcp, { prot: 1, port: 70_000 })).toEqual([
      ['prot', expect.stringContaining('host, port')],
      ['host', expect.any(String)],
      ['port', expect.stringContaining('65535')],
    ]);
  });

  it('looks into objects', () => {
    const config = { brokers: ['k:9092', 'k'], topic: 't', message: 'm' };
    expect(told(kafka, { ...config, sasl_options: { mechanism: 'PLAIN', user: 'u' } })).toEqual([
      ['sasl_options.user', expect.stringContaining('username')],
      ['brokers.1', expect.stringContaining('host:port')],
      ['sasl_options', expect.stringContaining('password')],
    ]);
  });

  it('takes no marker for a secret', () => {
    expect(told(kafka, { brokers: ['k:9092'], topic: 't', message: '********' })).toEqual([
      ['message', expect.stringContaining('write the secret')],
    ]);
  });

  it('is not led astray by names of Object', () => {
    expect(told(tcp, { host: 'h', port: 1, constructor: 1, toString: 2 })).toHaveLength(2);
  });

  it('never says the value of a secret', async () => {
    for (const definition of (await discoverChecks()).values()) {
      const keys = Object.keys(definition.schema.shape);
      const wrong = Object.fromEntries(keys.map((key) => [key, 'swordfish://x:swordfish@:x']));
      const said = JSON.stringify(told(definition, wrong));
      expect({ type: definition.type, said }).toEqual({
        type: definition.type,
        said: expect.not.stringContaining('swordfish'),
      });
    }
  });
});
