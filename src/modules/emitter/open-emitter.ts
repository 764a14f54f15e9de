import type { EmitterSettings } from '../../config/emitter-settings.js';
import { Delivery } from './delivery.js';
import { Emitter } from './emitter.js';
import type { EmitterMetrics } from './emitter.metrics.js';
import type { GivenUpFolder } from './given-up/given-up-folder.js';
import { openPayload } from './payloads/open-payload.js';
import type { PayloadFiles } from './payloads/payload-files.js';
import { Preflight } from './preflight.js';
import { openTarget, type TargetContext } from './targets/open-targets.js';
import { Ticker } from './time/ticker.js';
import { OutcomeWindow } from './time/window.js';

export interface OpenContext extends TargetContext {
  metrics: EmitterMetrics;
  givenUp: GivenUpFolder;
  payloadFiles: PayloadFiles;
  leads: () => boolean;
}

/** All that an emitter's settings ask for, put together and not started. */
export function openEmitter(settings: EmitterSettings, context: OpenContext): Emitter {
  const { clock, logger, metrics, givenUp, payloadFiles, leads, random } = context;
  const { name, preflight } = settings;
  const target = openTarget(settings, context);
  const window = new OutcomeWindow();
  const isHttp = settings.target.kind === 'http';
  return new Emitter(settings, {
    target,
    window,
    payload: openPayload(settings, { payloadFiles, clock, random }),
    delivery: new Delivery(name, { target, window, givenUp, logger, isHttp }),
    preflight: preflight && new Preflight(name, preflight, context),
    leads,
    tickerOf: (onDue) => new Ticker({ settings, clock, logger, onDue }),
    metrics,
    clock,
    logger,
  });
}
