import { defineCheck } from './define-check.js';
import { HTTP_SECRETS, httpSchema } from './http/http-schema.js';
import { httpTarget, runHttp } from './http/run-http.js';

export default defineCheck({
  type: 'http-json-query',
  describe: 'Asks a URL. Up when what the query finds in the JSON body is there, and is as expected.',
  isolated: () => true,
  schema: httpSchema,
  secrets: HTTP_SECRETS,
  target: httpTarget,
  run: runHttp,
});
