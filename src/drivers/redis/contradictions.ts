import { REDIS_PORT, type HostPort, type UrlAddress } from './address.js';

/** The variables that can contradict each other, as they were read. */
export interface Contradictory {
  REDIS_HOST?: string;
  REDIS_PORT?: number;
  REDIS_URL?: UrlAddress;
  REDIS_SENTINELS?: HostPort[];
  REDIS_USERNAME?: string;
  REDIS_PASSWORD?: string;
  REDIS_SSL: boolean;
  REDIS_SSL_CA_FILE?: string;
  REDIS_SSL_CERT_FILE?: string;
  REDIS_SSL_KEY_FILE?: string;
}

type Mistakes = Generator<[variable: keyof Contradictory, rule: string]>;

/** What is wrong between variables: the variable to look at, and its rule. */
export function* contradictions(read: Contradictory): Mistakes {
  yield* addresses(read);
  yield* login(read);
  yield* tls(read);
}

function* addresses(read: Contradictory): Mistakes {
  const { REDIS_HOST: host, REDIS_URL: url, REDIS_SENTINELS: sentinels } = read;
  const other = url ? 'REDIS_URL' : 'REDIS_SENTINELS';
  if ((url ?? sentinels) && host !== undefined)
    yield ['REDIS_HOST', `must be dropped where ${other} is set, or ${other} be dropped`];
  if (sentinels && url) yield ['REDIS_URL', 'must be dropped where REDIS_SENTINELS is set'];
  yield* ports(read);
}

function* ports({ REDIS_PORT: port, REDIS_URL: url, REDIS_SENTINELS: sentinels }: Contradictory): Mistakes {
  if (port === undefined) return;
  if (url && port !== url.port)
    yield ['REDIS_PORT', 'must be dropped where REDIS_URL is set: the port belongs into the URL'];
  if (sentinels && port !== REDIS_PORT)
    yield ['REDIS_PORT', 'must be dropped where REDIS_SENTINELS is set: they tell the port'];
}

function* login({ REDIS_USERNAME, REDIS_PASSWORD, REDIS_URL }: Contradictory): Mistakes {
  const user = REDIS_USERNAME ?? REDIS_URL?.username;
  const password = REDIS_PASSWORD ?? REDIS_URL?.password;
  if (user !== undefined && password === undefined)
    yield ['REDIS_PASSWORD', 'must be set where a user is named in REDIS_USERNAME or REDIS_URL'];
}

function* tls(read: Contradictory): Mistakes {
  const { REDIS_SSL_CERT_FILE: cert, REDIS_SSL_KEY_FILE: key, REDIS_SSL_CA_FILE: ca, REDIS_URL: url } = read;
  if (key && !cert) yield ['REDIS_SSL_CERT_FILE', 'must be set with REDIS_SSL_KEY_FILE'];
  if (cert && !key) yield ['REDIS_SSL_KEY_FILE', 'must be set with REDIS_SSL_CERT_FILE'];
  const isPlain = !read.REDIS_SSL && !url?.tls;
  const wanted = 'where REDIS_SSL_ files are named';
  if (!isPlain || ![ca, cert, key].some((file) => file !== undefined)) return;
  if (url) yield ['REDIS_URL', `must be rediss:// ${wanted}`];
  else yield ['REDIS_SSL', `must be true ${wanted}`];
}
