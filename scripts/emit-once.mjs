// `npm run emit:once`: builds what is stale, then sends one message: one Node process, so that its exit code passes.
import { buildIfStale } from './build-if-stale.mjs';

buildIfStale();
await import('../dist/emit-once.js');
