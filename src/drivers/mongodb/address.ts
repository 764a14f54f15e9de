import { isIPv6 } from 'node:net';

/** A server as DB_HOST names it; without a port of its own DB_PORT's counts. */
export interface Member {
  host: string;
  port: number | undefined;
}

const NAME = /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?$/i;
const BRACKETED = /^\[([^\]]+)\](?::(\d{1,5}))?$/;
const WITH_PORT = /^([^:]+)(?::(\d{1,5}))?$/;

/** Servers divided by commas, each `host`, `host:port`, an IPv6 address or `[IPv6]:port`; null when one is no such. */
export function membersOf(value: string): Member[] | null {
  const members = value
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
    .map(memberOf);
  return members.length > 0 && members.every((member) => member !== null) ? members : null;
}

function memberOf(word: string): Member | null {
  if (isIPv6(word)) return { host: word, port: undefined };
  const [, host = '', digits] = BRACKETED.exec(word) ?? WITH_PORT.exec(word) ?? [];
  const isHost = word.startsWith('[') ? isIPv6(host) : NAME.test(host);
  const port = digits === undefined ? undefined : Number(digits);
  return isHost && isPort(port) ? { host, port } : null;
}

function isPort(port = 1): boolean {
  return port >= 1 && port <= 65_535;
}

/** `host:port`, as addresses and messages have it. */
export function placeOf({ host, port }: Member, defaultPort: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port ?? defaultPort}`;
}
