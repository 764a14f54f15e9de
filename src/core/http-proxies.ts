import { BlockList, isIP } from 'node:net';

export interface ProxyOptions {
  /** For http targets; an http or https URL, with the proxy's user and password where it wants them. */
  http?: URL;
  /** For https targets. */
  https?: URL;
  /** As NO_PROXY: a list of hosts (and all below them), addresses, networks (10.0.0.0/8), each with a port or without; or `*`. */
  no?: string;
}

interface Exception {
  matches: (host: string) => boolean;
  /** Empty: any. */
  port: string;
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** Which proxy a request goes through. */
export class HttpProxies {
  private readonly exceptions: Exception[];

  constructor(private readonly options: ProxyOptions) {
    this.exceptions = (options.no ?? '')
      .toLowerCase()
      .split(/[\s,]+/)
      .filter((entry) => entry !== '')
      .map(parseException);
  }

  /** Null: straight to the target. */
  for(url: URL): URL | null {
    const proxy = url.protocol === 'https:' ? this.options.https : this.options.http;
    if (!proxy) return null;
    const host = bare(url.hostname);
    const port = url.port || DEFAULT_PORTS[url.protocol];
    const isExcepted = this.exceptions.some(
      (exception) => (exception.port === '' || exception.port === port) && exception.matches(host),
    );
    return isExcepted ? null : proxy;
  }
}

function parseException(entry: string): Exception {
  if (entry === '*') return { matches: () => true, port: '' };
  const withPort = isIP(entry) ? null : /^(.+):(\d+)$/.exec(entry);
  const host = bare(withPort?.[1] ?? entry);
  const port = withPort?.[2] ?? '';
  return { matches: inNetwork(host) ?? isOrIsBelow(host.replace(/^\*?\./, '')), port };
}

function isOrIsBelow(domain: string): (host: string) => boolean {
  return (host) => host === domain || host.endsWith(`.${domain}`);
}

/** Undefined when `text` is neither an address nor a network. */
function inNetwork(text: string): ((host: string) => boolean) | undefined {
  const [address = '', bits] = text.split('/');
  const version = isIP(address);
  const prefix = Number(bits ?? (version === 4 ? 32 : 128));
  if (version === 0 || !(prefix >= 0 && prefix <= (version === 4 ? 32 : 128))) return undefined;
  const network = new BlockList();
  network.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6');
  return (host) => isIP(host) !== 0 && network.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6');
}

/** An IPv6 address without its brackets; a name without the root's dot. */
function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}
