import { parentPort, workerData } from 'node:worker_threads';
import { payloadBounds } from '../../../core/payload-list.js';
import { asAppError } from '../../../core/errors.js';
import type { BoundsAnswer, BoundsQuestion } from './find-bounds.js';

if (!parentPort) throw new Error('This file is a worker of modules/emitter/payloads/find-bounds.ts.');
const { bytes, path } = workerData as BoundsQuestion;

function answer(): BoundsAnswer {
  try {
    return { bytes, bounds: payloadBounds(bytes, path) };
  } catch (error) {
    return { mistake: asAppError(error).message };
  }
}

const answered = answer();
parentPort.postMessage(answered, 'bounds' in answered ? [bytes.buffer, answered.bounds.buffer] : []);
