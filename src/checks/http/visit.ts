import type { Socket } from 'node:net';
import { httpProbe, type HttpProbeAnswer } from '../../core/http-probe.js';
import type { CheckContext } from '../define-check.js';
import { certificateEnd, connectionTo, tlsOptions } from './connection.js';
import { judgesBody, type HttpConfig } from './http-schema.js';
import { isRedirect, nextHop, type Hop } from './redirect.js';

/** Of a body that is looked at. */
export const MOST_BODY_BYTES = 1024 * 1024;

export interface Visit {
  answer: HttpProbeAnswer;
  /** Where the answer came from. */
  hop: Hop;
  redirects: number;
  /** Of its certificate, milliseconds since the Unix epoch. */
  certificateEnd: number | null;
  /** To the status, redirects and all, milliseconds. */
  latencyMs: number;
}

/** Something failed on the way: `hop` tells where, `cause` what. */
export class VisitError extends Error {
  constructor(
    readonly hop: Hop,
    cause: unknown,
  ) {
    super('the visit failed', { cause });
  }
}

/** Follows redirects as far as the config allows. Every hop is a connection of its own, and passes the target policy. */
export async function visit(first: Hop, config: HttpConfig, context: CheckContext): Promise<Visit> {
  const tls = tlsOptions(config);
  const dropsBody = !judgesBody(config);
  let hop = first;
  let before = 0;
  for (let redirects = 0; ; redirects += 1) {
    let end: number | null = null;
    const onSocket = (socket: Socket) => (end = config.check_cert_expiry ? certificateEnd(socket) : null);
    try {
      const answer = await asked(hop, hop.isFirstOrigin ? tls.own : tls.foreign, {
        context,
        onSocket,
        dropsBody,
      });
      const latencyMs = before + answer.latencyMs;
      const { location } = answer.headers;
      if (config.max_redirects === 0 || !isRedirect(answer.status, location))
        return { answer, hop, redirects, certificateEnd: end, latencyMs };
      if (redirects >= config.max_redirects)
        throw new Error(`there are more than ${config.max_redirects} redirects`);
      hop = nextHop(hop, answer.status, location);
      before = latencyMs;
    } catch (error) {
      throw new VisitError(hop, error);
    }
  }
}

interface Way {
  context: CheckContext;
  onSocket: (socket: Socket) => void;
  dropsBody: boolean;
}

async function asked(
  hop: Hop,
  tls: ReturnType<typeof tlsOptions>['own'],
  { context: { net, signal }, onSocket, dropsBody }: Way,
): Promise<HttpProbeAnswer> {
  const open = connectionTo(hop.url, net, signal, tls);
  const connect = async () => {
    const socket = await open();
    onSocket(socket);
    return socket;
  };
  return httpProbe({ ...hop, connect, signal, maxBodyBytes: MOST_BODY_BYTES, dropsBody });
}
