import type * as Swagger from '@nestjs/swagger';

type Name =
  'ApiBody' | 'ApiConsumes' | 'ApiHeader' | 'ApiOperation' | 'ApiParam' | 'ApiQuery' | 'ApiResponse';

/** What the decorators below have to say, in the order in which they stand. */
const noted: ((swagger: typeof Swagger) => void)[] = [];

/** Swagger's decorator for methods, put on when the documentation is loaded. */
function later<N extends Name>(name: N): (...described: Parameters<(typeof Swagger)[N]>) => MethodDecorator {
  return (...described) =>
    (target, key, descriptor) => {
      noted.push((swagger) => {
        const decorator = swagger[name] as (...described: unknown[]) => MethodDecorator;
        decorator(...described)(target, key, descriptor);
      });
    };
}

// @nestjs/swagger is a quarter of all modules of a process, for pages that few ask for: routes are documented by these.
export const ApiBody = later('ApiBody');
export const ApiConsumes = later('ApiConsumes');
export const ApiHeader = later('ApiHeader');
export const ApiOperation = later('ApiOperation');
export const ApiParam = later('ApiParam');
export const ApiQuery = later('ApiQuery');
export const ApiResponse = later('ApiResponse');

/** Loads @nestjs/swagger, with what is noted about all routes. */
export async function loadSwagger(): Promise<typeof Swagger> {
  const swagger = await import('@nestjs/swagger');
  for (const tell of noted.splice(0)) tell(swagger);
  return swagger;
}
