import type { MonitorFields } from '../../src/ports/monitor-store.port.js';

/** All that people may write of a monitor; `given` in place of what stands here. */
export function monitorFields(given: Partial<MonitorFields> = {}): MonitorFields {
  return {
    type: 'tcp',
    name: 'M',
    interval: 86_400,
    timeout: 5,
    maxRetries: 0,
    retryInterval: 0,
    resendInterval: 0,
    active: true,
    config: {},
    proxyId: null,
    pushToken: null,
    cron: null,
    timezone: null,
    priority: 'default',
    tags: [],
    maintenanceUntil: null,
    ...given,
  };
}
