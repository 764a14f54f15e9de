import { ApiResponse } from './api-docs.js';

/** Documents an answer of 200 by an example. */
export function JsonExample(description: string, example: object): MethodDecorator {
  return ApiResponse({ status: 200, description, content: { 'application/json': { example } } });
}
