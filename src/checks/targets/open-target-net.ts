import { once } from 'node:events';
import type { Socket } from 'node:net';
import {
  connect as secure,
  createSecureContext,
  type ConnectionOptions,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { TargetSettings } from '../../config/worker-settings.js';
import { ConnectRace, destroyOnAbort } from './connect-race.js';
import { hostOf, type Host } from './host-name.js';
import { TargetForbiddenError, type OpenOptions, type TargetNet } from './target-net.js';
import { TargetNames, type Found, type NamesOptions } from './target-names.js';
import { TargetPolicy } from './target-policy.js';
import { reasonOf, unlessAborted } from './unless-aborted.js';

/** The way to targets that `settings` allow. Holds nothing that must be closed. */
export function openTargetNet(settings: TargetSettings, options: NamesOptions = {}): TargetNet {
  const addresses = new PolicedAddresses(new TargetPolicy(settings), new TargetNames(options));
  return targetNetOver((host, signal) => addresses.resolve(host, signal));
}

/** A net that connects to the addresses which `resolve` gives, and to no others. */
export function targetNetOver(resolve: TargetNet['resolve']): TargetNet {
  return new AddressNet(resolve);
}

/** Connects to the addresses that were checked, and asks no second time: a name that changes its mind wins nothing. */
class AddressNet implements TargetNet {
  private sharedContext: SecureContext | undefined;

  constructor(readonly resolve: TargetNet['resolve']) {}

  async connect({ host, port, signal }: OpenOptions): Promise<Socket> {
    const addresses = await this.resolve(host, signal);
    return new ConnectRace({ addresses, port, signal }).run();
  }

  async connectTls(options: OpenOptions, tls: ConnectionOptions = {}): Promise<TLSSocket> {
    const host = readHost(options.host);
    const socket = await this.connect(options);
    const name = host.kind === 'name' ? host.name : undefined;
    const servername = tls.servername ?? name;
    const whom = { host: options.host, ...(servername && { servername }) };
    const secured = secure({ ...this.contextFor(tls), ...tls, ...whom, socket });
    destroyOnAbort(secured, options.signal);
    try {
      await once(secured, 'secureConnect', { signal: options.signal });
      return secured;
    } catch (error) {
      secured.destroy();
      throw options.signal.aborted ? reasonOf(options.signal) : error;
    }
  }

  /** Those who want nothing of their own share one. */
  private contextFor(tls: ConnectionOptions): ConnectionOptions {
    const plain = ['servername', 'host', 'rejectUnauthorized', 'ALPNProtocols', 'checkServerIdentity'];
    const isPlain = Object.entries(tls).every(([key, value]) => plain.includes(key) || value === undefined);
    return isPlain ? { secureContext: (this.sharedContext ??= createSecureContext()) } : {};
  }
}

/** Resolves names, and checks each address against the target policy. */
class PolicedAddresses {
  constructor(
    private readonly policy: TargetPolicy,
    private readonly names: TargetNames,
  ) {}

  async resolve(host: string, signal: AbortSignal): Promise<Found[]> {
    const read = readHost(host);
    if (read.kind === 'address') return this.allowed([read], null);
    const refused = this.policy.refusesName(read.name);
    if (refused) throw new TargetForbiddenError(refused);
    const isWhole = host.trim().endsWith('.');
    const found = await unlessAborted(this.names.addressesOf(read.name, isWhole), signal);
    return this.allowed(found, read.name);
  }

  private allowed(found: readonly Found[], name: string | null): Found[] {
    const refusals = found.map(({ address }) => this.policy.refusesAddress(address, name));
    const allowed = found.filter((_, i) => refusals[i] === null);
    if (allowed.length === 0) throw new TargetForbiddenError(refusals[0] ?? 'it has no address');
    return allowed.map(({ address, family }) => ({ address, family }));
  }
}

function readHost(text: string): Host {
  const host = hostOf(text);
  if (!host) throw unknownName(text);
  return host;
}

function unknownName(host: string): NodeJS.ErrnoException {
  const error = new Error(`the name ${JSON.stringify(host.slice(0, 253))} is unknown`);
  return Object.assign(error, { code: 'ENOTFOUND' });
}
