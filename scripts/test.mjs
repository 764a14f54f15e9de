// `npm test`: builds what is stale, for tests of processes run `dist`; then becomes Jest: one Node process, so that signals
// and exit codes pass. This is no `pretest` script: `ignore-scripts` in .npmrc switches those off.
import { buildIfStale } from './build-if-stale.mjs';

buildIfStale();
await import('../node_modules/jest/bin/jest.js');
