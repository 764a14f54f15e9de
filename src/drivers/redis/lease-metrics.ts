import { Counter, type Registry } from 'prom-client';

/** What the lease counts; the help of each says what it is. */
export interface LeaseMetrics {
  renewalFailed(): void;
}

const NAME = 'carillon_leader_renewal_failures_total';

/** Registers them, unless another lease of this process did. */
export function leaseMetrics(registry: Registry): LeaseMetrics {
  const failures =
    (registry.getSingleMetric(NAME) as Counter | undefined) ??
    new Counter({
      name: NAME,
      help: 'Renewals of the lease that failed or came too late; it is lost when none succeeds in time',
      registers: [registry],
    });
  return { renewalFailed: () => failures.inc() };
}
