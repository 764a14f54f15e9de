import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { guardFrames, KAFKA, MONGODB, POSTGRES, type Framing } from './frame-guard.js';

/** What a client reads of these pieces, and the error that ends it. */
async function read(
  framing: Framing,
  pieces: readonly string[],
): Promise<{ bytes: string; error: string | null }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).setNoDelay();
    void (async () => {
      for (const piece of pieces) await new Promise((sent) => socket.write(Buffer.from(piece, 'hex'), sent));
      socket.end();
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  guardFrames(socket, framing);
  let bytes = '';
  let error: string | null = null;
  socket
    .on('data', (chunk: Buffer) => (bytes += chunk.toString('hex')))
    .on('error', ({ message }) => (error = message));
  await once(socket, 'close').catch(() => undefined);
  server.close();
  return { bytes, error };
}

it.each([
  ['whole frames', KAFKA, ['0000000500000001aa', '0000000400000002']],
  ['frames in pieces', KAFKA, ['00', '00', '0005', '00000001', 'aa0000', '000400000002']],
  ['a header', MONGODB, ['10000000'.padEnd(32, '0')]],
  ['messages', POSTGRES, ['5200000008000000005a0000000549', '43000000']],
])('lets %s through', async (_, framing, pieces) => {
  expect(await read(framing, pieces)).toEqual({ bytes: pieces.join(''), error: null });
});

it.each([
  ['no length', KAFKA, ['00000000']],
  ['a negative length', KAFKA, ['ffffffff']],
  ['no length', MONGODB, ['00000000']],
  ['a length that has no room for its header', MONGODB, ['0f000000']],
  ['an error without fields', POSTGRES, ['4500000004']],
  ['a length shorter than itself', POSTGRES, ['5a00000003']],
  ['a negative length', POSTGRES, ['44ffffffff']],
])('breaks off %s', async (_, framing, pieces) => {
  expect(await read(framing, pieces)).toEqual({
    bytes: '',
    error: expect.stringContaining('impossible length'),
  });
});

it('breaks off a frame of more than 16 MiB, in the words of the limit on bytes', async () => {
  expect(await read(KAFKA, ['7fffffff'])).toEqual({ bytes: '', error: expect.stringContaining('16 MiB') });
});

it('breaks off at the frame that is not sound', async () => {
  const { error } = await read(KAFKA, ['0000000400000001', 'ff', 'ffffff']);
  expect(error).toContain('impossible length');
});
