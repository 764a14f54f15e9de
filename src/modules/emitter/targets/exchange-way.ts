import type { TargetSettings } from '../../../config/emitter-settings.js';
import type { Clock } from '../../../core/clock.js';
import type { MessageExchange } from '../../../ports/message-exchange.port.js';
import type { EmitMessage } from '../message.js';
import type { PortWay } from './port.target.js';

/** Messages of one exchange. Sent again where nobody knows: consumers tell a double by its message id, which is the key. */
export function exchangeWay(
  { exchange, routingKey, headers }: Extract<TargetSettings, { kind: 'exchange' }>,
  port: Pick<MessageExchange, 'publish'>,
  clock: Clock,
): PortWay {
  const give = ({ key, body }: EmitMessage) =>
    port.publish({
      exchange,
      routingKey,
      body: Buffer.from(body),
      messageId: key,
      contentType: 'application/json',
      headers,
      timestamp: clock.now(),
    });
  return { shown: `exchange ${exchange}`, again: true, give };
}
