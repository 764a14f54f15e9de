import { NotFoundException, type INestApplication } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { VERSION } from '../version.js';
import { LargeAnswers } from './large-answer.js';
import { loadSwagger } from './api-docs.js';

const ABOUT =
  'Carillon gets messages where they must be: on demand, on arrival and on time. Errors have one form everywhere: `{statusCode, code, message, detail, retryable, requestId}`.';

/** The specification of the routes that this process serves. */
export async function describeApi(app: INestApplication): Promise<OpenAPIObject> {
  const { DocumentBuilder, SwaggerModule } = await loadSwagger();
  const about = new DocumentBuilder().setTitle('Carillon').setDescription(ABOUT).setVersion(VERSION).build();
  return SwaggerModule.createDocument(app, about);
}

/** Swagger UI at `/docs`, the specification at `/docs/json`: made when it is first asked for. */
export function setupDocs(app: NestFastifyApplication): void {
  const answers = app.get(LargeAnswers);
  let docs: Promise<FastifyInstance> | undefined;
  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    docs ??= openDocs(app);
    const { url, headers } = request;
    const found = await (await docs).inject({ method: 'GET', url, headers });
    if (found.statusCode === 404) throw new NotFoundException();
    const { connection: _, ...said } = found.headers;
    answers.hold(found.rawPayload.length, reply);
    void reply.header('x-frame-options', 'DENY'); // for browsers that do not know frame-ancestors
    return reply.status(found.statusCode).headers(said).send(found.rawPayload);
  };
  app.getHttpAdapter().get('/docs', answer);
  app.getHttpAdapter().get('/docs/*', answer);
}

/** A server for the documentation alone, without a port: the service's own takes no new routes once it listens. */
async function openDocs(app: NestFastifyApplication): Promise<FastifyInstance> {
  const document = await describeApi(app);
  const { SwaggerModule } = await loadSwagger();
  const adapter = new FastifyAdapter();
  const shown = Object.create(app, { getHttpAdapter: { value: () => adapter } }) as INestApplication;
  SwaggerModule.setup('docs', shown, document, {
    jsonDocumentUrl: 'docs/json',
    yamlDocumentUrl: 'docs/yaml',
  });
  const server = adapter.getInstance();
  await server.ready();
  return server;
}
