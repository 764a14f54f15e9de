import { int, text } from '../../config/variable.js';

/** Variables of the lease on Redis, besides those of the connection. */
export const leaseVariables = {
  LEADER_KEY: text(
    'peekaping:producer:leader',
    'The Redis key of the lease. Processes with the same key are replicas of one another: one of them leads.',
    'a key',
  ),
  LEADER_TTL_MS: int(
    { min: 500, max: 600_000, default: 10_000 },
    'How long the lease lasts after its last renewal, which comes each half of that: so long after the death of a leader another one follows. The same for all replicas.',
  ),
};
