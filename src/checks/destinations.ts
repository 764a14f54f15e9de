import { readHostPort } from './clients/server-url.js';

/** Scheme and hosts of a text that begins as a URL or connection string does, without its login; null of any other. */
export function originOf(text: string): string | null {
  const [, scheme = '', rest] = /^\s*([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(text) ?? [];
  if (rest === undefined) return null;
  // A browser's rules, where the check goes by them: a backslash is a slash, a default port none.
  if (/^https?$/i.test(scheme) && URL.canParse(text)) return new URL(text).origin;
  const authority = rest.replace(/[/?].*$/s, '');
  return `${scheme}://${authority.slice(authority.lastIndexOf('@') + 1)}`.toLowerCase();
}

/** Where the texts of a config lead, each with the key that it stands under. */
export function destinationsIn(config: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(config).flatMap(([key, value]) => placesIn(value).map((place) => `${key} ${place}`));
}

function placesIn(value: unknown): string[] {
  if (typeof value === 'string') return originsIn(value);
  if (Array.isArray(value)) return value.flatMap((item: unknown) => itemPlaces(item));
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(placesIn) : [];
}

/** A list of servers may do without a scheme. */
function itemPlaces(item: unknown): string[] {
  const isBare = typeof item === 'string' && readHostPort(item) !== null;
  return isBare ? [item.trim().toLowerCase()] : placesIn(item);
}

/** One connection string may name several hosts. */
function originsIn(text: string): string[] {
  const [scheme, hosts] = originOf(text)?.split('://') ?? [];
  return hosts === undefined ? [] : hosts.split(',').map((host) => `${scheme}://${host}`);
}
