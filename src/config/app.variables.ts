import { z } from 'zod';
import { flag, hostNames, int, list, oneOf, optionalText, proxyUrl, text, timeZone } from './variable.js';

/** Variables of the process itself. */
export const appVariables = z.object({
  MODULES: list(['all'], 'The parts that this process runs.', '`all`, or part names divided by commas'),
  NODE_ENV: oneOf(
    ['production', 'prod', 'development', 'dev', 'test'],
    'development',
    'With `production` nothing falls back to an embedded driver in silence.',
  ),
  MODE: oneOf(['prod', 'production', 'dev', 'development'], 'dev', '`prod` is read as NODE_ENV=production.'),
  HOST: text('127.0.0.1', 'The address to listen on (0.0.0.0 in the image).', 'an address'),
  PORT: int({ min: 0, max: 65_535, default: 8001 }, 'The port to listen on; 0 takes a free one.'),
  ALLOWED_HOSTS: hostNames(
    'Names that a request may give as its Host, besides loopback; where HOST is no loopback address also besides IP addresses, names without a dot, `*.svc`, `*.svc.cluster.local` and the machine’s own name. `*` allows any.',
  ),
  BODY_LIMIT: int(
    { min: 1024, max: 512 * 1024 * 1024, default: 16 * 1024 * 1024 },
    'The longest request body, and the longest line of a stream, in bytes; also after gunzip.',
  ),
  BODIES_LIMIT: int(
    { min: 1024 * 1024, max: 16 * 1024 * 1024 * 1024, default: 128 * 1024 * 1024 },
    'How many bytes of large request bodies (over 64 KiB) may be in memory at once; above it requests are answered 503. At least twice BODY_LIMIT.',
  ),
  BODY_TIMEOUT_MS: int(
    { min: 100, max: 3_600_000, default: 60_000 },
    'How long a request body may take to arrive; streams are not bound by it.',
  ),
  HTTP_MAX_CONNECTIONS: int(
    { min: 1, max: 1_000_000, default: 8192 },
    'How many HTTP connections may be open. Further ones are answered 503 and closed.',
  ),
  HTTP_MAX_CONNECTIONS_PER_ADDRESS: int(
    { min: 1, max: 1_000_000, default: 1024 },
    'How many HTTP connections one address may have open; of IPv6, one /64. Loopback is exempt. Further ones are answered 503 and closed.',
  ),
  HTTP_HEADERS_TIMEOUT_MS: int(
    { min: 100, max: 3_600_000, default: 20_000 },
    'How long the headers of a request may take to arrive; also how long a new connection may be silent.',
  ),
  DATA_FOLDER: text(
    './data',
    'Where the embedded drivers keep their files. One process per folder.',
    'a folder',
  ),
  HTTP_PROXY: proxyUrl('The proxy for http:// addresses that this process asks; http_proxy is read too.'),
  HTTPS_PROXY: proxyUrl('The proxy for https:// addresses that this process asks; https_proxy is read too.'),
  NO_PROXY: optionalText(
    'What is asked without a proxy; no_proxy is read too.',
    'host names or domains, divided by commas',
  ),
  LOG_LEVEL: oneOf(
    ['debug', 'info', 'warn', 'warning', 'error'],
    'info',
    'The least severe level that is logged.',
  ),
  LOG_PRETTY: flag(false, 'Log for people even when the output is not a terminal.'),
  TZ: timeZone('The time zone of local times. Unset: the machine’s.'),
  READY_REQUIRES: list(
    [],
    'The parts that decide `/health/ready`. Unset: producer and batch where they run, else all parts of the process.',
    'part names divided by commas',
  ),
  SHUTDOWN_DELAY_MS: int(
    { min: 0, max: 600_000, default: 300 },
    'On SIGTERM, how long `/health/ready` says 503 before the process stops taking requests. Behind a load balancer: longer than its probe interval.',
  ),
  SHUTDOWN_TIMEOUT_MS: int(
    { min: 100, max: 3_600_000, default: 20_000 },
    'How long a graceful stop may take in all. Past it the exit code is 1 and the log says what was left.',
  ),
});
