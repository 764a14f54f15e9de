/** One node of the broker, as RABBITMQ_URL names it. */
export interface BrokerNode {
  protocol: 'amqp' | 'amqps';
  host: string;
  port: number;
  username: string;
  password: string;
  /** `/` unless the URL has a path. */
  vhost: string;
}

const PORTS = { amqp: 5672, amqps: 5671 };

/** The nodes that a URL list names, or the rule that it breaks: never a part of its value, which holds a password. */
export function readNodes(value: string): BrokerNode[] | string {
  const nodes: BrokerNode[] = [];
  // A comma may stand in a password; one between nodes is followed by a scheme.
  for (const url of value.trim().split(/\s*,\s*(?=amqps?:\/\/)/i)) {
    const node = readNode(url);
    if (typeof node === 'string') return node;
    nodes.push(node);
  }
  return nodes;
}

function readNode(text: string): BrokerNode | string {
  if (!/^amqps?:\/\//i.test(text)) return 'must begin with amqp:// or amqps://';
  const encode =
    'percent-encode what is neither letter nor digit in the user and the password (/ is %2F, # is %23)';
  if (!URL.canParse(text)) return `must be a URL such as amqp://user:password@host:5672/vhost; ${encode}`;
  const url = new URL(text);
  // What stands after a bare / ? # in a password is taken for a path, a query, a fragment.
  if (/@/.test(url.pathname + url.search + url.hash)) return `must have no @ after the host; ${encode}`;
  if (url.hash) return `must have no #; ${encode}`;
  if (url.search) return 'must have no ?options: variables such as RABBITMQ_HEARTBEAT_S are in their place';
  if (!url.hostname) return 'must name a host';
  try {
    return nodeOf(url);
  } catch {
    return `must be percent-encoded properly: a bare % is %25; ${encode}`;
  }
}

/** @throws URIError when a part is not percent-encoded properly */
function nodeOf(url: URL): BrokerNode {
  const protocol = url.protocol.toLowerCase() === 'amqps:' ? 'amqps' : 'amqp';
  const anonymous = url.username === '' && url.password === '';
  return {
    protocol,
    host: decodeURIComponent(url.hostname).replace(/^\[|\]$/g, ''),
    port: url.port === '' ? PORTS[protocol] : Number(url.port),
    username: anonymous ? 'guest' : decodeURIComponent(url.username),
    password: anonymous ? 'guest' : decodeURIComponent(url.password),
    vhost: decodeURIComponent(url.pathname.slice(1)) || '/',
  };
}
