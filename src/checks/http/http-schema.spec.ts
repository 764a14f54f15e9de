import { configMistakes } from '../config-mistakes.js';
import keyword from '../http-keyword.check.js';
import http from '../http.check.js';
import { publishedSchema } from '../published-schema.js';

const URL_ONLY = { url: 'https://a.example/health' };

/** As Peekaping's form writes it. */
const PEEKAPING = {
  ...{ url: 'https://a.example/', method: 'GET', headers: '{"Content-Type":"application/json"}' },
  ...{ encoding: 'json', body: '', accepted_statuscodes: ['2XX', '3XX'], max_redirects: 10 },
  ...{ ignore_tls_errors: false, check_cert_expiry: true, authMethod: 'none' },
  ...{ json_query: '', json_condition: '', expected_value: '' },
};

describe('the config of http checks', () => {
  it('takes a URL alone, and what Peekaping writes', () => {
    expect(configMistakes(http, URL_ONLY)).toEqual([]);
    expect(configMistakes(http, PEEKAPING)).toEqual([]);
    expect(http.schema.parse(URL_ONLY)).toMatchObject({
      ...{ method: 'GET', accepted_statuscodes: ['2XX'], max_redirects: 10, authMethod: 'none', keyword: '' },
    });
  });

  it.each([
    [{ url: 'ftp://a.example' }, 'url'],
    [{ url: 'http://' }, 'url'],
    [{ url: 'a.example' }, 'url'],
    [{ method: 'BREW' }, 'method'],
    [{ headers: '{"a":' }, 'headers'],
    [{ headers: '[1]' }, 'headers'],
    [{ headers: '{"a b":"c"}' }, 'headers'],
    [{ headers: { a: 'b\r\nc: d' } }, 'headers'],
    [{ accepted_statuscodes: ['2YY'] }, 'accepted_statuscodes'],
    [{ accepted_statuscodes: [] }, 'accepted_statuscodes'],
    [{ max_redirects: -1 }, 'max_redirects'],
    [{ json_query: 'a[' }, 'json_query'],
    [{ json_condition: '~' }, 'json_condition'],
    [{ authMethod: 'ntlm' }, 'authMethod'],
    [{ authMethod: 'basic' }, 'basic_auth_user'],
    [{ authMethod: 'oauth2-cc', oauth_client_id: 'i' }, 'oauth_token_url'],
    [{ authMethod: 'oauth2-cc', oauth_client_id: 'i', oauth_token_url: 'file:///x' }, 'oauth_token_url'],
    [{ authMethod: 'mtls', tlsCert: 'c' }, 'tlsKey'],
    [{ Url: 'x' }, 'Url'],
  ])('refuses %j', (fields, key) => {
    const mistakes = configMistakes(http, { ...URL_ONLY, ...fields });
    expect(mistakes.map(({ path }) => path[0])).toContain(key);
    for (const { message } of mistakes) expect(message).not.toContain('b\r\nc');
  });

  it('wants a keyword for http-keyword', () => {
    expect(configMistakes(keyword, URL_ONLY)).toMatchObject([{ path: ['keyword'] }]);
    expect(configMistakes(keyword, { ...URL_ONLY, keyword: 'x' })).toEqual([]);
  });

  it('is published with a type and a sentence for each key', () => {
    const { schema, secrets } = publishedSchema(http);
    expect(schema.required).toEqual(['url']);
    for (const property of Object.values(schema.properties as Record<string, Record<string, unknown>>)) {
      expect(property.description).toMatch(/\w/);
      expect(property.type ?? property.anyOf).toBeDefined();
    }
    expect(secrets).toContain('basic_auth_pass');
  });
});
