import { AMQP, KAFKA, MONGODB, MYSQL, POSTGRES, REDIS } from './malformed/client-protocols.js';
import type { Malformed } from './malformed/frames.js';
import { DNS, GRPC, HTTP, TLS } from './malformed/internet-protocols.js';
import { readRecording, type Good } from './script.js';

export interface Protocol {
  /** Also the name of its recording. */
  name: string;
  malformed: Malformed;
  /** Why the check of a replayed recording is `down`. */
  notUp?: string;
  /** The conversation that its check passes, for a server at `port`. */
  good: (port: number) => Good;
  transport?: 'udp';
}

const NONCE = 'each session has a nonce of its own';

function recorded(name: string, malformed: Malformed, notUp?: string): Protocol {
  return { name, malformed, notUp, good: (port) => readRecording(name, port) };
}

/** What follows the id: the question, and one address. Source: RFC 1035, 4.1. */
const DNS_ANSWER = Buffer.concat([
  Buffer.from('81800001000100000000', 'hex'),
  Buffer.from('\x04shop\x07example\x00\x00\x01\x00\x01', 'latin1'),
  Buffer.from('c00c000100010000000000047f000001', 'hex'),
]);

function dns(port: number): Good {
  const config = { host: 'shop.example', resolver_server: '127.0.0.1', port };
  const replies = [{ after: 0, bytes: DNS_ANSWER }];
  return { type: 'dns', config, conversation: [{ replies, end: 'open', piece: 0 }] };
}

/** The protocols of all checks that read from their target; `tcp` and `push` do not. */
export const PROTOCOLS: readonly Protocol[] = [
  recorded('redis', REDIS),
  recorded('postgres', POSTGRES),
  recorded('postgres-scram', POSTGRES, NONCE),
  recorded('mysql', MYSQL),
  recorded('mongodb', MONGODB),
  recorded('amqp', AMQP),
  recorded('rabbitmq-management', HTTP),
  recorded('kafka', KAFKA),
  recorded('grpc', GRPC),
  recorded('http', HTTP),
  recorded('http-chunked', HTTP),
  recorded('http-gzip', HTTP),
  recorded('http-json-query', HTTP),
  recorded('tls-1.2', TLS, NONCE),
  recorded('tls-1.3', TLS, NONCE),
  { name: 'dns', malformed: DNS, transport: 'udp', good: dns },
];
