import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../core/errors.js';
import { routeUnknown } from './error-translator.js';

interface KnownPath {
  pattern: RegExp;
  methods: Set<string>;
}

/**
 * A method that a path does not have is 405 with `Allow`, OPTIONS 204 with it, and a path that does not exist 404: all
 * before a body is read. To be called before the routes are added.
 */
export function refuseMethods(fastify: FastifyInstance): void {
  const paths = new Map<string, KnownPath>();
  fastify.addHook('onRoute', ({ method, url }) => {
    const path = url.replace(/(.)\/$/, '$1');
    let known = paths.get(path);
    if (!known) paths.set(path, (known = { pattern: patternOf(path), methods: new Set() }));
    for (const each of [method].flat()) known.methods.add(each);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done();
    const allowed = methodsAt(pathOf(request), paths);
    if (allowed.length === 0) return done(routeUnknown(request));
    const allow = [...allowed, 'OPTIONS'].sort().join(', ');
    void reply.header('allow', allow);
    if (request.method === 'OPTIONS') return void reply.status(204).send();
    const text = `This path does not take ${request.method}, but ${allow}.`;
    done(new AppError('METHOD_NOT_ALLOWED', text));
  });
}

/** Searched one after the other: only requests that no route takes come here. */
function methodsAt(path: string, paths: ReadonlyMap<string, KnownPath>): string[] {
  const found = [...paths.values()].filter(({ pattern }) => pattern.test(path));
  return [...new Set(found.flatMap(({ methods }) => [...methods]))];
}

/** Without query, final slash, and the scheme and host of an absolute target. */
function pathOf(request: FastifyRequest): string {
  const path = request.url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  return path.length > 1 ? path.replace(/\/$/, '') : path;
}

/** Fastify's form of a path: `:name` is one segment, `*` all that is left. */
function patternOf(path: string): RegExp {
  const source = path
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:\w+/g, '[^/]+')
    .replaceAll('*', '.*');
  return new RegExp(`^${source}$`);
}
