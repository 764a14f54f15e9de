import type { EmitterSettings } from '../../../config/emitter-settings.js';
import { AppError } from '../../../core/errors.js';
import { MessageExchange } from '../../../ports/message-exchange.port.js';
import type { OpenPorts } from '../../../ports/open-ports.js';
import type { Port, PortClass } from '../../../ports/port.js';
import { RecordLog } from '../../../ports/record-log.port.js';
import type { Target } from '../message.js';
import type { Circuits } from './circuits.js';
import { exchangeWay } from './exchange-way.js';
import { HttpTarget, type HttpTargetContext } from './http.target.js';
import { PortTarget, type PortWay } from './port.target.js';
import { SparedTarget, type Sending } from './spared.target.js';
import { topicWay } from './topic-way.js';

/** What targets stand on. */
export interface TargetContext extends HttpTargetContext {
  ports: Pick<OpenPorts, 'get'>;
  circuits: Circuits;
}

/** Where an emitter's messages go. @throws AppError INTERNAL when its port was not opened (see `portsOf`) */
export function openTarget(emitter: EmitterSettings, context: TargetContext): Target {
  const target = openSending(emitter, context);
  return new SparedTarget(target, context.circuits.at(target.address));
}

function openSending(emitter: EmitterSettings, context: TargetContext): Sending {
  const { target } = emitter;
  const toPort = (way: PortWay) => new PortTarget(emitter, way, context);
  switch (target.kind) {
    case 'http':
      return new HttpTarget(emitter, target, context);
    case 'topic':
      return toPort(topicWay(target, opened(context, RecordLog, emitter), context.clock));
    case 'exchange':
      return toPort(exchangeWay(target, opened(context, MessageExchange, emitter), context.clock));
  }
}

function opened<P extends Port>({ ports }: TargetContext, port: PortClass<P>, { name }: EmitterSettings): P {
  const open = ports.get(port);
  if (!open) throw new AppError('INTERNAL', `Emitter ${name}: ${port.name} was not opened.`);
  return open;
}
