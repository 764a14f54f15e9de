import { defineCheck } from './define-check.js';
import { HTTP_SECRETS, httpSchema } from './http/http-schema.js';
import { httpTarget, runHttp } from './http/run-http.js';

export default defineCheck({
  type: 'http-keyword',
  describe: 'Asks a URL. Up when the body has the keyword, or, inverted, does not have it.',
  isolated: () => true,
  schema: httpSchema.refine(({ keyword }) => keyword !== '', {
    path: ['keyword'],
    message: 'must be given: what the body must have in it',
  }),
  secrets: HTTP_SECRETS,
  target: httpTarget,
  run: runHttp,
});
