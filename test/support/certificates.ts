/** X.509 certificates for tests of TLS, made on the spot: the least of RFC 5280 that Java and OpenSSL accept. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate and its private key, as PEM text. */
export interface Identity {
  readonly name: string;
  readonly cert: string;
  readonly key: string;
}

/** An authority that signs itself. */
export function newAuthority(name: string): Identity {
  return issue(name, undefined, [basicConstraints]);
}

/** Epoch milliseconds. */
export interface Validity {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A certificate of `authority` for a server with these host names, or for a client without any. */
export function newIdentity(
  name: string,
  authority: Identity,
  hosts: readonly string[] = [],
  validity?: Validity,
): Identity {
  return issue(name, authority, hosts.length === 0 ? [] : [alternativeNames(hosts)], validity);
}

const SEQUENCE = 0x30;
const SET = 0x31;
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const UTF8 = 0x0c;
const GENERALIZED_TIME = 0x18;
const DNS_NAME = 0x82;

/** In as few bytes as it takes: Java refuses a certificate with more. */
function lengthOf(bytes: number): number[] {
  if (bytes < 128) return [bytes];
  return bytes < 256 ? [0x81, bytes] : [0x82, bytes >> 8, bytes & 0xff];
}

/** One DER value: tag, length, content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.of(tag, ...lengthOf(body.length)), body]);
}

const ECDSA_WITH_SHA256 = der(SEQUENCE, der(OBJECT_ID, Buffer.from('2a8648ce3d040302', 'hex')));
const COMMON_NAME = der(OBJECT_ID, Buffer.from('550403', 'hex'));
const TRUE = der(BOOLEAN, Buffer.of(0xff));
const basicConstraints = extension('551d13', der(SEQUENCE, TRUE), true);

function extension(id: string, value: Buffer, critical = false): Buffer {
  const parts = [der(OBJECT_ID, Buffer.from(id, 'hex')), ...(critical ? [TRUE] : [])];
  return der(SEQUENCE, ...parts, der(OCTET_STRING, value));
}

function alternativeNames(hosts: readonly string[]): Buffer {
  return extension('551d11', der(SEQUENCE, ...hosts.map((host) => der(DNS_NAME, Buffer.from(host)))));
}

function distinguishedName(name: string): Buffer {
  return der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8, Buffer.from(name)))));
}

function time(date: Date): Buffer {
  return der(GENERALIZED_TIME, Buffer.from(`${date.toISOString().replace(/[-:T]|\..*/g, '')}Z`));
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

const DAY_MS = 86_400_000;

function issue(
  name: string,
  authority: Identity | undefined,
  extensions: readonly Buffer[],
  validity: Validity = { fromMs: Date.now() - DAY_MS, toMs: Date.now() + 365 * DAY_MS },
): Identity {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const signer: KeyObject = authority === undefined ? privateKey : createPrivateKey(authority.key);
  const body = der(
    SEQUENCE,
    der(0xa0, der(INTEGER, Buffer.of(2))),
    der(INTEGER, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    distinguishedName(authority?.name ?? name),
    der(SEQUENCE, time(new Date(validity.fromMs)), time(new Date(validity.toMs))),
    distinguishedName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [der(0xa3, der(SEQUENCE, ...extensions))]),
  );
  const signature = der(BIT_STRING, Buffer.of(0), sign('sha256', body, signer));
  return {
    name,
    cert: pem('CERTIFICATE', der(SEQUENCE, body, ECDSA_WITH_SHA256, signature)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}
