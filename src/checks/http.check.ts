import { defineCheck } from './define-check.js';
import { HTTP_SECRETS, httpSchema } from './http/http-schema.js';
import { httpTarget, readsBodies, runHttp } from './http/run-http.js';

export default defineCheck({
  type: 'http',
  describe:
    'Asks a URL. Up when the status is accepted, and the keyword and the JSON query, where there are any, agree.',
  isolated: readsBodies,
  schema: httpSchema,
  secrets: HTTP_SECRETS,
  target: httpTarget,
  run: runHttp,
});
