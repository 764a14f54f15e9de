import { z } from 'zod';
import { isJsonObject } from './clients/json-object.js';
import { hostPort, readHostPort } from './clients/server-url.js';
import { defineCheck } from './define-check.js';
import { callUnary } from './grpc/call-unary.js';
import { readMethod } from './grpc/method.js';
import { down, excerpt, stopwatch, unknown, up } from './outcomes.js';

function readUrl(text: string): { host: string; port: number } | null {
  return readHostPort(text.replace(/^(?:grpcs?|https?):\/\//i, '').replace(/\/$/, ''));
}

export default defineCheck({
  type: 'grpc-keyword',
  describe: 'Calls a method of a gRPC service and looks for a word in its answer, written as JSON.',
  isolated: () => true,
  schema: z.object({
    grpcUrl: z
      .string()
      .trim()
      .refine((text) => readUrl(text) !== null, 'must be host:port, such as localhost:50051')
      .describe('The server, host:port.'),
    grpcProtobuf: z
      .string()
      .min(1)
      .max(65_536)
      .describe('The text of the .proto file; imports of google/protobuf/* only.'),
    grpcServiceName: z.string().min(1).max(1_000).describe('The service, with or without its package.'),
    grpcMethod: z.string().min(1).max(1_000).describe('The method; without streams.'),
    grpcEnableTls: z.boolean().default(false).describe('Whether to use TLS.'),
    grpcBody: z
      .string()
      .max(65_536)
      .refine(isJsonObject, 'must be a JSON object')
      .optional()
      .describe('The request as JSON. Default: an empty one.'),
    keyword: z.string().max(1_000).default('').describe('What the answer must hold, in exactly this case.'),
    invertKeyword: z.boolean().default(false).describe('Whether the answer must not hold it.'),
  }),
  target: ({ grpcUrl }) => {
    const { host, port } = readUrl(grpcUrl)!;
    return hostPort(host, port);
  },
  run: async (config, context) => {
    const { grpcProtobuf, grpcServiceName, grpcMethod, keyword, invertKeyword } = config;
    const method = await readMethod(grpcProtobuf, grpcServiceName, grpcMethod);
    if ('mistake' in method) return unknown(method.mistake);
    let request: Buffer;
    try {
      request = method.encode(JSON.parse(config.grpcBody || '{}'));
    } catch (error) {
      return unknown(`grpcBody does not fit the method: ${excerpt((error as Error).message)}`);
    }
    const server = {
      ...readUrl(config.grpcUrl)!,
      tls: config.grpcEnableTls && { rejectUnauthorized: true },
    };
    const elapsed = stopwatch();
    const answer = method.decode(await callUnary(server, { path: method.path, request }, context));
    const latency = elapsed();
    const found = answer.includes(keyword);
    if (keyword === '') return up(`Answers ${excerpt(answer)}`, latency);
    const words = `The keyword is ${found ? '' : 'not '}in the answer ${excerpt(answer)}`;
    return (found === invertKeyword ? down : up)(words, latency);
  },
});
