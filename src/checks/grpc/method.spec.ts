import { readMethod, type GrpcMethod } from './method.js';

async function methodWith(fields: number): Promise<GrpcMethod> {
  const many = Array.from({ length: fields }, (_, i) => `int32 f${i}=${i + 2};`).join('');
  const proto = `syntax="proto3"; message M { repeated M m=1; ${many} } service S { rpc Get (M) returns (M); }`;
  return (await readMethod(proto, 'S', 'Get')) as GrpcMethod;
}

it('tells the fields that an answer leaves out', async () => {
  const method = await methodWith(2);
  expect(method.decode(Buffer.from([0x0a, 0]))).toBe('{"m":[{"m":[],"f0":0,"f1":0}],"f0":0,"f1":0}');
});

it('makes of a small answer no text that fills the memory', async () => {
  const method = await methodWith(1_200);
  const empty = (bytes: number) => Buffer.alloc(bytes, Buffer.from([0x0a, 0]));
  expect(method.decode(empty(1_000)).length).toBeLessThan(10_000);
  expect(() => method.decode(empty(1_000_000))).toThrow('too long');
});
