import { z } from 'zod';
import { int, oneOf, optionalInt, optionalText, secret } from '../config/variable.js';

/** All values of DB_TYPE, lower case; each driver names its own. */
const TYPES = '`sqlite`, `postgres`, `postgresql`, `mysql`, `mariadb`, `mongodb` or `mongo`, in any case';

/** Kubernetes sets DB_PORT=tcp://10.0.0.1:5432 for a Service of the name db: that is nobody's port. */
const port = z
  .string()
  .optional()
  .transform((value) => (value?.trim().startsWith('tcp://') ? undefined : value))
  .pipe(optionalInt({ min: 1, max: 65_535 }, ''))
  .meta({
    describe:
      'The port at DB_HOST. Unset: 5432 for postgres, 3306 for mysql and mariadb, 27017 for mongodb. A value such as `tcp://10.0.0.1:5432`, which Kubernetes sets, is ignored.',
    form: 'a whole number from 1 to 65535',
  });

/** Which database, and who logs in there; the names are Peekaping's. Shared by every driver that DB_TYPE chooses. */
export const databaseVariables = {
  DB_TYPE: z
    .string()
    .transform((value) => value.trim().toLowerCase())
    .meta({
      describe:
        'The database of the monitors and their results. Unset, or `embedded`: an SQLite file under DATA_FOLDER.',
      form: TYPES,
    }),
  DB_HOST: optionalText(
    'The server. For mongodb also several members of a replica set, each with its port or without, divided by commas. Unset: `localhost`.',
    'a host name or an IP address',
  ),
  DB_PORT: port,
  DB_NAME: optionalText(
    'The database there; for sqlite the path of the file. Unset: `peekaping`; sqlite wants it.',
    'a name, or a path',
  ),
  DB_USER: optionalText('The user. Unset: none for mongodb, else the usual one of the database.', 'a name'),
  DB_PASS: secret('The password of DB_USER, as it is: no character needs an escape.'),
};

/** How the drivers talk to a database server. Shared by every driver that DB_TYPE chooses. */
export const databaseConnectionVariables = {
  DB_TLS: oneOf(
    ['off', 'on', 'insecure'],
    'off',
    'TLS to the server: `on` believes only a certificate that is right, `insecure` any: for tests only.',
  ),
  DB_TLS_CA_FILE: optionalText(
    'The certificate authority that vouches for the server, with DB_TLS. Unset: those that Node trusts.',
    'a PEM file',
  ),
  DB_TLS_CERT_FILE: optionalText(
    'The certificate of this client, where the server asks for one.',
    'a PEM file',
  ),
  DB_TLS_KEY_FILE: optionalText('The key of DB_TLS_CERT_FILE.', 'a PEM file'),
  DB_POOL_SIZE: int({ min: 1, max: 1000, default: 10 }, 'The most connections of one process.'),
};

/** Whether tables or collections may be made. Shared by every driver of MonitorStore. */
export const databaseSyncVariables = {
  DB_SYNC: oneOf(
    ['own', 'off'],
    'own',
    'Tables: `own` makes `monitors` when it is absent, and those called `carillon_…`, and never changes what it found; `off` makes nothing, and says what is missing.',
  ),
};

interface TlsFiles {
  DB_TLS: string;
  DB_TLS_CA_FILE?: string | undefined;
  DB_TLS_CERT_FILE?: string | undefined;
  DB_TLS_KEY_FILE?: string | undefined;
}

/** What is wrong between the variables of TLS: the variable to look at, and its rule. */
export function* tlsContradictions(read: TlsFiles): Generator<[variable: keyof TlsFiles, rule: string]> {
  const { DB_TLS_CERT_FILE: cert, DB_TLS_KEY_FILE: key, DB_TLS_CA_FILE: ca } = read;
  if (key && !cert) yield ['DB_TLS_CERT_FILE', 'must be set with DB_TLS_KEY_FILE'];
  if (cert && !key) yield ['DB_TLS_KEY_FILE', 'must be set with DB_TLS_CERT_FILE'];
  const hasFiles = [ca, cert, key].some((file) => file !== undefined);
  if (read.DB_TLS === 'off' && hasFiles)
    yield ['DB_TLS', 'must be on or insecure where DB_TLS_ files are named'];
}
