import type { Clock } from '../../../core/clock.js';
import type { EmitterSettings } from '../../../config/emitter-settings.js';
import { datetimeMessage } from './datetime-message.js';
import { FilePayloads } from './file-payloads.js';
import type { PayloadFiles } from './payload-files.js';
import { pickerOf } from './payload-order.js';
import type { PayloadSource } from './payload-source.js';
import { Template } from './template.js';

export interface PayloadContext {
  payloadFiles: PayloadFiles;
  clock?: Clock;
  /** From 0 to 1, exclusive; Math.random unless a test says otherwise. */
  random?: () => number;
}

/** The source that an emitter's settings ask for, not started. */
export function openPayload(
  { name, payload }: Pick<EmitterSettings, 'name' | 'payload'>,
  { payloadFiles, clock, random }: PayloadContext,
): PayloadSource {
  switch (payload.kind) {
    case 'file':
      return new FilePayloads(payloadFiles.at(payload.path, name), pickerOf(payload.order, random));
    case 'template':
      return new Template({ name, text: payload.text, clock });
    case 'datetime':
      return {
        next: ({ plannedAt }) => datetimeMessage(plannedAt, payload.environment),
        trouble: null,
      };
  }
}
