import type { CheckContext } from '../../src/checks/define-check.js';
import { openTargetNet } from '../../src/checks/targets/open-target-net.js';

/** What a check gets; loopback is allowed unless `net` says else. The signal aborts after `timeoutMs`. */
export function checkContext(given: Partial<CheckContext> = {}): CheckContext {
  const timeoutMs = given.timeoutMs ?? 5000;
  return {
    monitor: { id: 'm-1', name: 'a monitor', type: 'any', interval: 60, createdAt: 0 },
    signal: AbortSignal.timeout(timeoutMs),
    timeoutMs,
    net: openTargetNet({ level: 'public', allow: ['127.0.0.1'], deny: [] }),
    now: () => Date.now(),
    lastPush: () => Promise.resolve(null),
    ...given,
  };
}
