import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../../core/errors.js';
import { PayloadList, payloadBounds } from '../../../core/payload-list.js';

/** To parse more at once would delay ticks: it takes some milliseconds. */
const MOST_HERE_BYTES = 64 * 1024;

export interface BoundsQuestion {
  bytes: Uint8Array<ArrayBuffer>;
  path: string;
}

export type BoundsAnswer =
  { bytes: Uint8Array<ArrayBuffer>; bounds: Uint32Array<ArrayBuffer> } | { mistake: string };

/**
 * The payloads of a file's bytes. Large ones are parsed in a thread of their own, which gets the bytes and gives them
 * back, so that no tick waits: `bytes` is of no use afterwards, and must have its memory for itself.
 * @throws AppError PAYLOAD_FILE_UNUSABLE
 */
export async function payloadsIn({ bytes, path }: BoundsQuestion): Promise<PayloadList> {
  if (bytes.length <= MOST_HERE_BYTES) return new PayloadList(bytes, payloadBounds(bytes, path));
  const answer = await asked({ bytes, path });
  if ('mistake' in answer) throw new AppError('PAYLOAD_FILE_UNUSABLE', answer.mistake);
  return new PayloadList(answer.bytes, answer.bounds);
}

function asked(workerData: BoundsQuestion): Promise<BoundsAnswer> {
  const { bytes, path } = workerData;
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerFile(), { workerData, transferList: [bytes.buffer], execArgv: [] });
    const fail = (cause?: unknown) =>
      reject(new AppError('PAYLOAD_FILE_UNUSABLE', `Payload file cannot be parsed: ${path}`, { cause }));
    worker.once('message', resolve);
    worker.once('error', fail);
    worker.once('exit', () => fail()); // nothing after an answer
  });
}

/** Node cannot load TypeScript in a worker: under Jest the built one is used. */
function workerFile(): URL {
  const here = import.meta.url;
  const file = here.endsWith('.ts')
    ? new URL('../../../../dist/modules/emitter/payloads/bounds-worker.js', here)
    : new URL('./bounds-worker.js', here);
  if (!existsSync(file)) throw new Error(`${fileURLToPath(file)} is missing: run npm run build`);
  return file;
}
