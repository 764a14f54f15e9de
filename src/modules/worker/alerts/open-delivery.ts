import type { Logger } from 'pino';
import type { AlertSettings } from '../../../config/worker-settings.js';
import type { Clock } from '../../../core/clock.js';
import { FailureLog } from '../../../core/failure-log.js';
import type { HttpSender } from '../../../core/http-sender.js';
import type { RecordLog } from '../../../ports/record-log.port.js';
import { AlertDelivery } from './alert-delivery.js';
import type { AlertWay } from './alert-way.js';
import { TopicWay } from './topic-way.js';
import { WebhookWay } from './webhook-way.js';

interface DeliveryContext {
  config: { worker: { alerts: AlertSettings } };
  ports: { log: Pick<RecordLog, 'append'> | undefined };
  sender: Pick<HttpSender, 'send'>;
  logger: Logger;
  clock: Clock;
}

/** By the ways that are configured; null without any. */
export function openDelivery({
  config,
  ports,
  sender,
  logger,
  clock,
}: DeliveryContext): AlertDelivery | null {
  const { webhook: url, secret, topic, giveUpMs } = config.worker.alerts;
  const ways: AlertWay[] = [];
  if (url) ways.push(new WebhookWay({ url, secret, sender, clock }));
  if (topic !== null && ports.log) ways.push(new TopicWay({ topic, log: ports.log, clock }));
  if (ways.length === 0) return null;
  const withLogs = ways.map((way) => {
    const failures = new FailureLog(logger, `Alerts do not get through (${way.name})`, () => clock.now());
    return { way, failures };
  });
  return new AlertDelivery({ ways: withLogs, giveUpMs, clock });
}
