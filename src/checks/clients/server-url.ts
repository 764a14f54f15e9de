/** What a connection string says. */
export interface ServerUrl {
  scheme: string;
  host: string;
  port: number;
  user: string;
  password: string;
  /** The path without its slash: the database, the vhost. */
  path: string;
  params: URLSearchParams;
}

/** Null when it is no such URL. */
export function serverUrl(text: string, schemes: readonly string[], defaultPort: number): ServerUrl | null {
  try {
    const url = new URL(text);
    const scheme = url.protocol.slice(0, -1);
    const host = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1');
    if (!schemes.includes(scheme) || host === '') return null;
    return {
      scheme,
      host,
      port: url.port === '' ? defaultPort : Number(url.port),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      path: decodeURIComponent(url.pathname.replace(/^\//, '')),
      params: url.searchParams,
    };
  } catch {
    return null;
  }
}

/** Of a text that a schema has accepted. */
export function readServerUrl(text: string, schemes: readonly string[], defaultPort: number): ServerUrl {
  const url = serverUrl(text, schemes, defaultPort);
  if (!url) throw new Error(`no URL of ${schemes.join(' or ')}`);
  return url;
}

/** As a message and the limit per host have it. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host.toLowerCase()}]:${port}` : `${host.toLowerCase()}:${port}`;
}

/** `host:port` or `[address]:port` as people write it; null when it is none. */
export function readHostPort(text: string): { host: string; port: number } | null {
  const parts = /^(?:\[(?<v6>[\da-f:.]+)\]|(?<name>[^\s:/@[\]]+)):(?<port>\d{1,5})$/i.exec(
    text.trim(),
  )?.groups;
  const port = Number(parts?.port);
  const host = parts?.v6 ?? parts?.name;
  return host === undefined || port < 1 || port > 65_535 ? null : { host, port };
}
