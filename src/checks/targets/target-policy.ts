import type { TargetSettings } from '../../config/worker-settings.js';
import { levelOf, parseAddress, type AddressLevel } from './address-level.js';
import { TargetList } from './target-list.js';

const RANK: Readonly<Record<AddressLevel, number>> = { public: 0, private: 1, any: 2 };

/**
 * Which targets checks may ask. In this order:
 * - what CHECK_DENY names is refused, by name or by address, whatever else says;
 * - what CHECK_ALLOW names is allowed. A name there allows every address that it resolves to: who rules its zone, or
 *   the resolver's way to it, rules what is asked. Where that is not the owner of this process, allow networks instead;
 * - else CHECK_TARGETS decides by the address (see `levelOf`).
 */
export class TargetPolicy {
  private readonly allow: TargetList;
  private readonly deny: TargetList;

  constructor(private readonly settings: TargetSettings) {
    this.allow = new TargetList(settings.allow);
    this.deny = new TargetList(settings.deny);
  }

  /** Why this name may not even be looked up; null when it may. `name` as `hostOf` gives it. */
  refusesName(name: string): string | null {
    return this.deny.hasName(name) ? `${name} is in CHECK_DENY` : null;
  }

  /** Why this address may not be asked; null when it may. `name`: what resolved to it, null for a literal. */
  refusesAddress(address: string, name: string | null): string | null {
    const host = name === null ? address : `${name} (${address})`;
    const parsed = parseAddress(address);
    if (!parsed) return `${host} is no address`;
    if (this.deny.hasAnyFormOf(parsed)) return `${host} is in CHECK_DENY`;
    if ((name !== null && this.allow.hasName(name)) || this.allow.hasAddress(parsed)) return null;
    const level = levelOf(parsed);
    if (RANK[level] <= RANK[this.settings.level]) return null;
    return `${host} may not be asked with CHECK_TARGETS=${this.settings.level}: it takes ${level}, or an entry in CHECK_ALLOW`;
  }
}
