import { discoverChecks } from '../discover-checks.js';
import { serveChecks } from './serve-checks.js';

serveChecks(await discoverChecks(), Number(process.argv[2]));
