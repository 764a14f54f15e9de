// `npm start`: builds what is stale, then becomes the service: one Node process, so that signals and exit codes pass.
import { buildIfStale } from './build-if-stale.mjs';

buildIfStale();
await import('../dist/main.js');
