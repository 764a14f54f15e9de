import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { VERSION } from '../version.js';

const ABOUT =
  'Carillon gets messages where they must be: on demand, on arrival and on time. Errors have one form everywhere: `{statusCode, code, message, detail, retryable, requestId}`.';

/** The specification of the routes that this process serves. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const about = new DocumentBuilder().setTitle('Carillon').setDescription(ABOUT).setVersion(VERSION).build();
  return SwaggerModule.createDocument(app, about);
}

/** Swagger UI at `/docs`, the specification at `/docs/json`. */
export function setupDocs(app: INestApplication): void {
  SwaggerModule.setup('docs', app, describeApi(app), {
    jsonDocumentUrl: 'docs/json',
    yamlDocumentUrl: 'docs/yaml',
  });
}
