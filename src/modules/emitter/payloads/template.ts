import { randomUUID } from 'node:crypto';
import { systemClock, type Clock } from '../../../core/clock.js';
import { templateParts, type Placeholder, type TemplatePart } from '../../../core/message-template.js';
import type { PayloadSource, PayloadTick } from './payload-source.js';

export interface TemplateOptions {
  /** The emitter's. */
  name: string;
  /** JSON, whose placeholders are all known: the configuration has looked. */
  text: string;
  clock?: Pick<Clock, 'now'>;
}

/** One JSON value for all messages, but for its placeholders. */
export class Template implements PayloadSource {
  readonly trouble = null;
  private readonly parts: readonly TemplatePart[];
  private readonly name: string;
  private readonly clock: Pick<Clock, 'now'>;

  constructor({ name, text, clock = systemClock }: TemplateOptions) {
    this.parts = templateParts(text);
    this.name = name;
    this.clock = clock;
  }

  next(tick: PayloadTick): string {
    return this.parts
      .map((part) => ('text' in part ? part.text : this.valueOf(part.placeholder, tick)))
      .join('');
  }

  /** Of characters that need no escape in a JSON string. */
  private valueOf(placeholder: Placeholder, { plannedAt, count }: PayloadTick): string {
    switch (placeholder) {
      case 'planned':
        return new Date(plannedAt).toISOString();
      case 'planned_ms':
        return String(plannedAt);
      case 'now':
        return new Date(this.clock.now()).toISOString();
      case 'name':
        return this.name;
      case 'count':
        return String(count);
      case 'uuid':
        return randomUUID();
    }
  }
}
