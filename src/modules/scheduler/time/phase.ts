import { murmur2 } from '../../../core/murmur2.js';

const HASHES = 2 ** 32;

/**
 * Where in its period a monitor's ticks lie, from 0 to below `periodMs`: floor(h · period / 2^32), h being Kafka's murmur2
 * of the id in UTF-8, unsigned. A promise to every other version and replica (phase.spec.ts holds it): were it to change,
 * two leaders would tick one monitor at two phases.
 */
export function phase(id: string, periodMs: number): number {
  return Math.floor(((murmur2(Buffer.from(id)) >>> 0) * periodMs) / HASHES);
}
