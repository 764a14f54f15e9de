import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** PEM. */
export interface TestCertificate {
  cert: string;
  key: string;
}

export interface CertificateOptions {
  /** Host names and IPv4 addresses. */
  names?: string[];
  /** Days from now. */
  from?: number;
  until?: number;
}

/**
 * A self-signed certificate for tests, made on the spot: no key lies in the tree and none expires there. Node can sign
 * but not write X.509, so its few fields are put together here. Source: RFC 5280, 4.1.
 */
export function selfSigned({
  names = ['localhost', '127.0.0.1'],
  from = -1,
  until = 2,
}: CertificateOptions = {}): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from('carillon test'))))); // commonName
  const algorithm = sequence(oid('2a8648ce3d040302')); // ecdsa-with-SHA256
  const extensions = sequence(
    sequence(oid('551d11'), octets(sequence(...names.map(generalName)))), // subjectAltName
    sequence(oid('551d13'), octets(sequence(der(0x01, Buffer.from([0xff]))))), // basicConstraints: an authority
  );
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])), // serial number
    algorithm,
    issuer,
    sequence(time(from), time(until)),
    issuer, // its own subject
    publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, extensions),
  );
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]));
  const base64 = sequence(body, algorithm, signature).toString('base64');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  };
}

/** Tag, length, value. */
function der(tag: number, value: Buffer): Buffer {
  const { length } = value;
  if (length < 128) return Buffer.concat([Buffer.from([tag, length]), value]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 255]), value]);
}

function sequence(...values: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(values));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function octets(value: Buffer): Buffer {
  return der(0x04, value);
}

function generalName(name: string): Buffer {
  return isIP(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name));
}

/** UTCTime: YYMMDDhhmmssZ. */
function time(daysFromNow: number): Buffer {
  const iso = new Date(Date.now() + daysFromNow * 86_400_000).toISOString();
  return der(0x17, Buffer.from(`${iso.slice(2, 19).replace(/[-:T]/g, '')}Z`));
}
