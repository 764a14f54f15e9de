import type { FastifyInstance } from 'fastify';
import type { HttpSettings } from '../config/app-config.js';
import { AppError } from '../core/errors.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?|.*\.localhost)$/i;

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/**
 * While the service listens on loopback only, no web page may reach it through a name of its own that resolves to
 * this machine (DNS rebinding): the Host must be loopback or in ALLOWED_HOSTS. Else 421.
 */
export function guardHost(fastify: FastifyInstance, { host, allowedHosts }: HttpSettings): void {
  if (!isLoopback(host)) return;
  const allowed = new Set(allowedHosts.map((name) => name.toLowerCase()));
  // Clients keep to one name: what was good a moment ago is not taken apart again.
  let lastGood: string | undefined;
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { host } = request.headers;
    if (host !== undefined && host === lastGood) return done();
    const name = hostName(host);
    if (isLoopback(name) || allowed.has(name)) {
      lastGood = host;
      return done();
    }
    done(
      new AppError(
        'HOST_NOT_ALLOWED',
        'This Host is not served here: use localhost, or add the name to ALLOWED_HOSTS.',
      ),
    );
  });
}

/** The host without its port, in lower case. */
function hostName(host = ''): string {
  const name = host.toLowerCase();
  if (name.startsWith('[')) return name.slice(1, name.indexOf(']'));
  return name.replace(/:\d*$/, '');
}
