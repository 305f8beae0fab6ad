/** Certificates: those that a server shows, whatever is wrong with them, and those in the configuration. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { TlsConfig } from '../../config/pipelineConfig.ts';

const TIMEOUT_MS = 5_000;

export interface Certificate {
  readonly subject: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export interface Shown {
  /** The server’s own first, then those that vouch for it, as far as they were shown. */
  readonly chain: readonly Certificate[];
  /** Why it is not trusted, in OpenSSL’s or Node’s words; undefined when it is. */
  readonly distrust: string | undefined;
  /** `TLSv1.3`. */
  readonly protocol: string;
}

/** What a server shows to somebody who trusts nobody in particular. Throws an Error when there is no handshake. */
export function shownBy(
  host: string,
  port: number,
  tls: Omit<TlsConfig, 'rejectUnauthorized'>,
): Promise<Shown> {
  const { ca, cert, key, serverName } = tls;
  const servername = serverName ?? (isIP(host) ? undefined : host);
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      // To see what is wrong with it, one has to see it.
      rejectUnauthorized: false,
      ...(servername === undefined ? {} : { servername }),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
    socket.setTimeout(TIMEOUT_MS, () =>
      socket.destroy(new Error(`no TLS handshake within ${TIMEOUT_MS} ms`)),
    );
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection was closed before the handshake')));
    socket.on('secureConnect', () => {
      const own = socket.getPeerX509Certificate();
      resolve({
        chain: chainOf(own),
        distrust: socket.authorized ? undefined : wordsOf(socket.authorizationError, own, servername ?? host),
        protocol: socket.getProtocol() ?? 'TLS',
      });
      socket.destroy();
    });
  });
}

/** Node has an error or only its code: `CERT_HAS_EXPIRED`. */
function wordsOf(reason: unknown, own: X509Certificate | undefined, name: string): string {
  const code = reason instanceof Error ? reason.message : String(reason);
  if (/ALTNAME_INVALID|altnames/.test(code))
    return `it is for ${own?.subjectAltName ?? own?.subject ?? 'nobody'}, not for ${name}`;
  return /^[A-Z_]+$/.test(code) ? code.toLowerCase().replaceAll('_', ' ') : code;
}

/** The certificates in a PEM text, in their order. */
export function certificatesIn(pem: string): Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => certificateOf(new X509Certificate(block)));
}

/** Whether the key is that of the first certificate. */
export function isKeyOf(cert: string, key: string): boolean {
  return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
}

const MAX_CHAIN = 10;

function chainOf(own: X509Certificate | undefined): Certificate[] {
  const chain: Certificate[] = [];
  for (let at = own; at !== undefined && chain.length < MAX_CHAIN; at = at.issuerCertificate) {
    chain.push(certificateOf(at));
    if (at.issuerCertificate?.fingerprint256 === at.fingerprint256) break;
  }
  return chain;
}

function certificateOf(certificate: X509Certificate): Certificate {
  return {
    subject: certificate.subject?.replaceAll('\n', ', ') || '(no subject)',
    notBeforeMs: certificate.validFromDate.getTime(),
    notAfterMs: certificate.validToDate.getTime(),
  };
}
