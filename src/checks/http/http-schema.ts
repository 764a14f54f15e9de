import { z } from 'zod';
import { ignoreTls } from '../clients/fields.js';
import { hostOf } from '../targets/host-name.js';
import { isStatusPattern } from './accepted-status.js';
import { headersOf } from './headers.js';
import { queryMistake } from './json-query.js';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'] as const;
const CONDITIONS = ['', '==', '!=', '>', '<', '>=', '<='] as const;

function text(most: number, describe: string) {
  return z.string().max(most).default('').describe(describe);
}

const NEEDED = {
  none: [],
  ntlm: [],
  basic: ['basic_auth_user'],
  'oauth2-cc': ['oauth_token_url', 'oauth_client_id'],
  mtls: ['tlsCert', 'tlsKey'],
} as const;

const requestFields = {
  url: urlField('What is asked: an http or https URL.'),
  method: z.enum(METHODS).default('GET').describe('The method.'),
  headers: z
    .union([z.string().max(65_536), z.record(z.string(), z.string())])
    .default('')
    .refine((value) => headersOf(value) !== null, 'must be a JSON object of names and texts')
    .describe('Headers, as a JSON object in a string; an object is taken too.'),
  encoding: z
    .enum(['json', 'form', 'xml', 'text'])
    .default('json')
    .describe('What the body is; it becomes Content-Type unless headers have one.'),
  body: text(262_144, 'What is sent. It is shown in answers: no place for a secret.'),
  accepted_statuscodes: z
    .array(z.string().refine(isStatusPattern, 'must be such as 2XX, 200 or 200-299'))
    .min(1)
    .max(100)
    .default(['2XX'])
    .describe('Which statuses are up: 2XX, 200 or 200-299.'),
  max_redirects: z
    .int()
    .min(0)
    .max(30)
    .default(10)
    .describe('Redirects to follow. With 0 the redirect itself is the answer.'),
  ignore_tls_errors: ignoreTls,
  check_cert_expiry: z
    .boolean()
    .default(false)
    .describe(
      'Whether a certificate that has ended is down even with ignore_tls_errors, and one near its end told of.',
    ),
  cert_min_days: z
    .int()
    .min(0)
    .max(3650)
    .default(0)
    .describe('With check_cert_expiry: fewer days left are down.'),
};

const contentFields = {
  keyword: text(4096, 'What the body must have in it.'),
  invert_keyword: z.boolean().default(false).describe('The body must not have it.'),
  json_query: text(
    4096,
    'What is looked for in the JSON body: a path such as `data.items.0.state` (`#` counts), else an expression of JSONata.',
  ).superRefine((query, context) => {
    const mistake = queryMistake(query);
    if (mistake) context.addIssue({ code: 'custom', message: mistake });
  }),
  json_condition: z
    .enum(CONDITIONS)
    .default('')
    .describe('How it is compared; == unless given. Without it and an expected value it must be there.'),
  expected_value: z
    .union([z.string().max(65_536), z.number(), z.boolean()])
    .default('')
    .describe('What it is compared with.'),
};

const accessFields = {
  authMethod: z
    .enum(['none', 'basic', 'oauth2-cc', 'ntlm', 'mtls'])
    .default('none')
    .refine((method) => method !== 'ntlm', 'ntlm is not supported; write none, basic, oauth2-cc or mtls')
    .describe('How the request proves who it is.'),
  basic_auth_user: text(1024, 'For basic.'),
  basic_auth_pass: text(4096, 'For basic.'),
  authDomain: text(1024, 'For ntlm, which is not supported.'),
  authWorkstation: text(1024, 'For ntlm, which is not supported.'),
  oauth_auth_method: z
    .enum(['', 'client_secret_basic', 'client_secret_post'])
    .default('client_secret_basic')
    .describe('How the client proves who it is at the token endpoint.'),
  oauth_token_url: z
    .union([z.literal(''), urlField('')])
    .default('')
    .describe('The token endpoint.'),
  oauth_client_id: text(1024, 'For oauth2-cc.'),
  oauth_client_secret: text(4096, 'For oauth2-cc.'),
  oauth_scopes: text(4096, 'For oauth2-cc, divided by blanks.'),
  tlsCert: text(65_536, 'For mtls: the certificate of the client (PEM).'),
  tlsKey: text(65_536, 'For mtls: its key (PEM).'),
  tlsCa: text(65_536, 'Authorities to trust instead of the usual ones (PEM).'),
};

/** The config of the three http checks: Peekaping's, and `cert_min_days`. */
export const httpSchema = z
  .object({ ...requestFields, ...contentFields, ...accessFields })
  .superRefine((config, context) => {
    const { authMethod: method } = config;
    for (const key of NEEDED[method].filter((needed) => config[needed] === '')) {
      context.addIssue({ code: 'custom', path: [key], message: `must be given with ${method}` });
    }
  });
export type HttpConfig = z.output<typeof httpSchema>;

/** Whether keyword or query look at the body. */
export function judgesBody(config: HttpConfig): boolean {
  return config.keyword !== '' || asksQuery(config);
}

export function asksQuery({ json_query, json_condition, expected_value }: HttpConfig): boolean {
  return json_query !== '' || json_condition !== '' || expected_value !== '';
}

export const HTTP_SECRETS = ['headers', 'basic_auth_pass', 'oauth_client_secret', 'tlsKey'] as const;

function urlField(describe: string) {
  return z
    .string()
    .trim()
    .max(8192)
    .refine(isTarget, 'must be an http:// or https:// URL')
    .describe(describe);
}

function isTarget(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return /^https?:$/.test(protocol) && hostOf(hostname) !== null;
}
