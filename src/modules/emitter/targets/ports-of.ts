import type { EmitterSettings } from '../../../config/emitter-settings.js';
import { MessageExchange } from '../../../ports/message-exchange.port.js';
import type { PortClass } from '../../../ports/port.js';
import { RecordLog } from '../../../ports/record-log.port.js';

/** The ports without which these emitters cannot send. */
export function portsOf(emitters: readonly EmitterSettings[]): PortClass[] {
  const kinds = new Set(emitters.map(({ target }) => target.kind));
  return [...(kinds.has('topic') ? [RecordLog] : []), ...(kinds.has('exchange') ? [MessageExchange] : [])];
}
