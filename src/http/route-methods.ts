import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../core/errors.js';
import { routeUnknown } from './error-translator.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The path does not have this method; the route is there to say so. */
    refused?: boolean;
  }
}

interface KnownPath {
  pattern: RegExp;
  /** How many of its segments can be anything. */
  wildness: number;
  methods: Set<string>;
}

/**
 * A method that a path does not have is 405 with `Allow`, OPTIONS 204 with it, and a path that does not exist 404: all
 * before a body is read.
 */
@Injectable()
export class RouteMethods implements OnApplicationBootstrap {
  private readonly fastify: FastifyInstance;
  private readonly paths = new Map<string, KnownPath>();

  constructor({ httpAdapter }: HttpAdapterHost) {
    this.fastify = httpAdapter.getInstance<FastifyInstance>();
    this.fastify.addHook('onRoute', ({ method, url, config }) => {
      if (config?.refused) return;
      const path = withoutSlash(url);
      let known = this.paths.get(path);
      if (!known) this.paths.set(path, (known = knownPath(path)));
      for (const each of [method].flat()) known.methods.add(each);
    });
  }

  /** To be called where it stands among the other guards. */
  guard(): void {
    this.fastify.addHook('onRequest', (request, reply, done) => {
      if (!request.is404) return done();
      const methods = this.methodsAt(pathOf(request));
      if (methods.size === 0) return done(routeUnknown(request));
      refuse(request, reply, methods, done);
    });
  }

  /** `PUT /monitors/import` is no `PUT /monitors/:id`: what only the wider path has, the narrower one refuses. */
  onApplicationBootstrap(): void {
    for (const [url, { methods }] of [...this.paths]) {
      const wider = this.fitting(url.replace(/:\w+/g, 'any')).flatMap((path) => [...path.methods]);
      const method = [...new Set(wider)].filter((each) => !methods.has(each));
      if (method.length === 0) continue;
      this.fastify.route({
        method,
        url,
        config: { refused: true, bodiless: true },
        onRequest: (request, reply, done) => refuse(request, reply, methods, done),
        handler: () => undefined,
      });
    }
  }

  /** Searched one after the other: only requests that no route takes come here. */
  private methodsAt(path: string): ReadonlySet<string> {
    const [narrowest] = this.fitting(path).sort((a, b) => a.wildness - b.wildness);
    return narrowest?.methods ?? new Set();
  }

  private fitting(path: string): KnownPath[] {
    return [...this.paths.values()].filter(({ pattern }) => pattern.test(path));
  }
}

function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  methods: ReadonlySet<string>,
  done: (error?: Error) => void,
): void {
  const allow = [...methods, 'OPTIONS'].sort().join(', ');
  void reply.header('allow', allow);
  if (request.method === 'OPTIONS') return void reply.status(204).send();
  done(new AppError('METHOD_NOT_ALLOWED', `This path does not take ${request.method}, but ${allow}.`));
}

/** Without query, final slash, and the scheme and host of an absolute target. */
function pathOf(request: FastifyRequest): string {
  const path = request.url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  return withoutSlash(path);
}

function withoutSlash(path: string): string {
  return path.replace(/(.)\/$/, '$1');
}

/** Fastify's form of a path: `:name` is one segment, `*` all that is left. */
function knownPath(path: string): KnownPath {
  const source = path
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:\w+/g, '[^/]+')
    .replaceAll('*', '.*');
  const wildness = path.split(/[:*]/).length - 1;
  return { pattern: new RegExp(`^${source}$`), wildness, methods: new Set() };
}
