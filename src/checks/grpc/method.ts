import type { Method } from 'protobufjs';
import { excerpt } from '../outcomes.js';

/** A method of a .proto text. */
export interface GrpcMethod {
  path: string;
  /** @throws Error when the value does not fit */
  encode(value: unknown): Buffer;
  /** As JSON. @throws Error when it is no such message */
  decode(bytes: Buffer): string;
}

type Read = GrpcMethod | { mistake: string };

/**
 * Of the fields of the text times the bytes of the answer, which may be messages of all those fields: with those that
 * the answer leaves out, and at all. Some tenths of a second, and a few dozen megabytes.
 */
const MOST_WORK = { withDefaults: 2 ** 20, atAll: 2 ** 22 };
const MOST_READ = 100;
/** Reading one takes milliseconds, and it is the same at each tick. */
const read = new Map<string, Read>();

export async function readMethod(proto: string, service: string, method: string): Promise<Read> {
  const key = `${service}\n${method}\n${proto}`;
  const known = read.get(key);
  if (known) return known;
  const found = await parsed(proto, service, method).catch((error: Error) => ({
    mistake: `grpcProtobuf cannot be read: ${excerpt(error.message)}`,
  }));
  if (read.size >= MOST_READ) read.delete(read.keys().next().value!);
  read.set(key, found);
  return found;
}

async function parsed(proto: string, service: string, methodName: string): Promise<Read> {
  const { default: protobuf } = await import('protobufjs');
  const { root, package: pkg, imports = [] } = protobuf.parse(proto, { keepCase: false });
  for (const file of imports) {
    const known = protobuf.common.get(file) as { nested?: object } | null;
    if (!known) return { mistake: `grpcProtobuf imports ${excerpt(file)}: only google/protobuf/* can be.` };
    root.addJSON((known.nested ?? {}) as never);
  }
  const full = pkg && !service.startsWith(`${pkg}.`) ? `${pkg}.${service}` : service;
  const { methods } = root.lookupService(full);
  const name = Object.keys(methods).find((each) => each.toLowerCase() === methodName.toLowerCase());
  if (name === undefined) return { mistake: `The service ${full} has no method ${methodName}.` };
  return unary(methods[name]!, `/${full}/${name}`, proto.split('=').length);
}

/** `fields`: so many are there at most. */
function unary(method: Method, path: string, fields: number): Read {
  method.resolve();
  const { resolvedRequestType: input, resolvedResponseType: output } = method;
  if (!input || !output || method.requestStream || method.responseStream) {
    return { mistake: `The method ${path} has streams: only methods without can be called.` };
  }
  const asJson = { longs: String, enums: String, bytes: String };
  return {
    path,
    encode: (value) => Buffer.from(input.encode(input.fromObject(value as Record<string, unknown>)).finish()),
    decode: (bytes) => {
      const work = bytes.length * fields;
      if (work > MOST_WORK.atAll) throw new Error('The answer is too long for a message of so many fields.');
      const defaults = work <= MOST_WORK.withDefaults;
      return JSON.stringify(output.toObject(output.decode(bytes), { ...asJson, defaults }));
    },
  };
}
