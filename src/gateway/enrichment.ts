import type { GatewaySettings } from '../config/gateway-settings.js';
import { isoTime } from '../core/iso-time.js';

/** The names of its fields. */
export const ENRICHED = ['timestamp', 'source', 'server_time'];

/** The three fields of the enrichment: as JSON text of a member, and as the text of a header. */
interface Field {
  name: string;
  member: string;
  header: string;
}

/**
 * Adds `timestamp` (ISO 8601), `source` and `server_time` (Unix seconds) to what is sent at one moment. A field that
 * the sender set stays as it is; a body is spliced as text, so that nothing in it is written anew.
 */
export class Enrichment {
  private readonly fields: readonly Field[];
  private readonly suffix: string;

  constructor(
    private readonly mode: GatewaySettings['enrich'],
    source: string,
    /** Milliseconds since the Unix epoch. */
    readonly at: number,
  ) {
    const timestamp = isoTime(at);
    const seconds = String(at / 1000);
    this.fields = [
      { name: 'timestamp', member: `"timestamp":"${timestamp}"`, header: timestamp },
      { name: 'source', member: `"source":${JSON.stringify(source)}`, header: source },
      { name: 'server_time', member: `"server_time":${seconds}`, header: seconds },
    ];
    this.suffix = this.fields.map(({ member }) => member).join(',');
  }

  /** The text of the record's value. `value` is what `text` parses to. */
  body(text: string, value: unknown): string {
    if (this.mode !== 'body' || typeof value !== 'object' || value === null || Array.isArray(value))
      return text;
    const added = this.missingFrom(value);
    if (added === '') return text;
    return `${text.slice(0, -1)}${isEmpty(value) ? '' : ','}${added}}`;
  }

  headers(sent: Readonly<Record<string, string>> | null): Readonly<Record<string, string>> | null {
    if (this.mode !== 'headers') return sent;
    const missing = this.fields.filter(({ name }) => !sent || !Object.hasOwn(sent, name));
    return { ...sent, ...Object.fromEntries(missing.map(({ name, header }) => [name, header])) };
  }

  private missingFrom(value: object): string {
    if (this.fields.every(({ name }) => !Object.hasOwn(value, name))) return this.suffix;
    const missing = this.fields.filter(({ name }) => !Object.hasOwn(value, name));
    return missing.map(({ member }) => member).join(',');
  }
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}
