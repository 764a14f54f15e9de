import type { Socket } from 'node:net';
import { createSecureContext, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { TargetNet } from '../targets/target-net.js';
import type { HttpConfig } from './http-schema.js';

/** How to connect to a URL's host and port; with TLS where it is https. */
export function connectionTo(
  url: URL,
  net: TargetNet,
  signal: AbortSignal,
  tls: ConnectionOptions,
): () => Promise<Socket> {
  const isSecure = url.protocol === 'https:';
  const options = { host: url.hostname, port: Number(url.port) || (isSecure ? 443 : 80), signal };
  return () => (isSecure ? net.connectTls(options, tls) : net.connect(options));
}

/** What a connection of this config wants of TLS. @throws the error of Node when certificate or key are none */
export function tlsOptions(config: HttpConfig): { own: ConnectionOptions; foreign: ConnectionOptions } {
  const { authMethod, tlsCert: cert, tlsKey: key, tlsCa, ignore_tls_errors: ignore } = config;
  const ca = tlsCa ? { ca: tlsCa } : {};
  const foreign = { ...ca, rejectUnauthorized: !ignore };
  if (authMethod !== 'mtls') return { own: foreign, foreign };
  const secureContext = createSecureContext({ cert, key, ...ca });
  return { own: { secureContext, rejectUnauthorized: !ignore }, foreign };
}

/** When the certificate that was shown ends, milliseconds since the Unix epoch; null without one. */
export function certificateEnd(socket: Socket): number | null {
  const shown = (socket as Partial<TLSSocket>).getPeerCertificate?.();
  const end = Date.parse(shown?.valid_to ?? '');
  return Number.isNaN(end) ? null : end;
}
