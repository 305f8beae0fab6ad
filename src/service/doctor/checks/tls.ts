import type { TlsConfig } from '../../../config/pipelineConfig.ts';
import { addressOf } from '../../../kafka/connection.ts';
import { span } from '../../words.ts';
import { type Certificate, certificatesIn, isKeyOf, type Shown, shownBy } from '../certificates.ts';
import { expiryOf } from '../expiry.ts';
import { type Check, fail, ok, skipped, type Verdict, warn } from '../verdict.ts';
import type { World } from '../world.ts';

const MANY = 8;

export const tls: Check = {
  id: 'tls',
  title: 'certificates are trusted, bear the right name and last',
  needs: [],
  async ask(world) {
    const { kafka, registry } = world.config;
    const verdicts: Verdict[] = [];
    if (kafka.tls === undefined) verdicts.push(plainText(world));
    else {
      verdicts.push(...own('kafka.tls', kafka.tls));
      const settings = kafka.tls;
      const addresses = await addressesOf(world);
      const asked = addresses.slice(0, MANY);
      const told = asked.map((address) => ofServer(`broker ${address}`, address, 'kafka.tls', settings));
      verdicts.push(...(await Promise.all(told)).flat());
    }
    const url = new URL(registry.url);
    if (url.protocol === 'https:') {
      const settings = registry.tls ?? { rejectUnauthorized: true };
      verdicts.push(...own('registry.tls', settings));
      const address = `${url.hostname}:${url.port || 443}`;
      verdicts.push(...(await ofServer(`registry ${url.host}`, address, 'registry.tls', settings)));
    } else if (registry.auth !== undefined)
      verdicts.push(
        warn(
          'the registry’s credentials travel in plain text',
          'Give registry.url as https, where the registry offers it.',
        ),
      );
    return verdicts;
  },
};

function plainText({ config: { kafka } }: World): Verdict {
  const mechanism = kafka.sasl?.mechanism;
  if (mechanism === 'plain' || mechanism === 'oauthbearer')
    return warn(
      `kafka.sasl is ${mechanism} without kafka.tls: the secret travels in plain text`,
      'Set kafka.tls and the brokers’ TLS port.',
    );
  return ok('kafka.tls is not set: events travel in plain text');
}

/** Brokers’ own addresses, or those of the file when none answers. */
async function addressesOf({ cluster, config }: World): Promise<readonly string[]> {
  const advertised = await cluster.advertised().catch(() => undefined);
  return advertised?.map(({ address }) => address) ?? config.kafka.brokers;
}

async function ofServer(who: string, address: string, key: string, settings: TlsConfig): Promise<Verdict[]> {
  const { host, port } = addressOf(address);
  let shown: Shown;
  try {
    shown = await shownBy(host, port, settings);
  } catch (cause) {
    return [skipped(`${who} shows no certificate: ${(cause as Error).message}`)];
  }
  const { chain, distrust, protocol } = shown;
  const verdicts: Verdict[] = [];
  if (!settings.rejectUnauthorized)
    verdicts.push(
      warn(
        `${who}: ${key}.reject_unauthorized is false, so that anybody may stand for it`,
        `Name its authority in ${key}.ca and remove reject_unauthorized.`,
      ),
    );
  if (distrust !== undefined)
    verdicts.push(
      (settings.rejectUnauthorized ? fail : warn)(
        `${who} shows ${chain[0]?.subject ?? 'a certificate'}, which is not trusted: ${distrust}`,
        fixOf(distrust, key),
      ),
    );
  const lasting = chain.flatMap((certificate) => ofCertificate(who, certificate, distrust !== undefined));
  verdicts.push(...lasting);
  const first = chain[0];
  if (verdicts.length === 0 && first !== undefined)
    verdicts.push(ok(`${who}: ${protocol}, ${first.subject}, ${lasts(chain)}`));
  return verdicts;
}

function fixOf(distrust: string, key: string): string {
  if (/^it is for /.test(distrust))
    return `Dial it by a name in its certificate, or give that name as ${key}.server_name.`;
  if (/expired|not yet valid/.test(distrust)) return 'Renew the server’s certificate.';
  return `Name the authority that signed it in ${key}.ca, with what stands between, as PEM.`;
}

/** `isTold`: that it has expired is why it is not trusted. */
function ofCertificate(who: string, certificate: Certificate, isTold = false): Verdict[] {
  const { subject, notAfterMs, notBeforeMs } = certificate;
  const date = new Date(notAfterMs).toISOString().slice(0, 10);
  switch (expiryOf(certificate, Date.now())) {
    case 'valid':
      return [];
    case 'soon':
      return [
        warn(
          `${who}: ${subject} expires in ${span(notAfterMs - Date.now())}, on ${date}`,
          'Renew it before; nothing connects afterwards.',
        ),
      ];
    case 'over':
      return isTold ? [] : [fail(`${who}: ${subject} expired on ${date}`, 'Renew it.')];
    case 'early':
      return [
        fail(
          `${who}: ${subject} is valid only from ${new Date(notBeforeMs).toISOString()}`,
          'Look at the clocks of both machines.',
        ),
      ];
  }
}

function lasts(chain: readonly Certificate[]): string {
  const soonest = Math.min(...chain.map(({ notAfterMs }) => notAfterMs));
  return `valid for ${span(soonest - Date.now())} more`;
}

/** What the file itself holds. */
function own(key: string, { ca, cert, key: secret }: TlsConfig): Verdict[] {
  try {
    const verdicts: Verdict[] = [];
    for (const [name, pem] of [
      [`${key}.ca`, ca],
      [`${key}.cert`, cert],
    ] as const) {
      if (pem === undefined) continue;
      const certificates = certificatesIn(pem);
      const told = certificates.flatMap((each) => ofCertificate(name, each));
      if (told.length > 0) verdicts.push(...told);
      else if (certificates.length > 0 && name.endsWith('.cert'))
        verdicts.push(ok(`${name}: ${certificates[0]!.subject}, ${lasts(certificates)}`));
    }
    if (cert !== undefined && secret !== undefined && !isKeyOf(cert, secret))
      verdicts.push(
        fail(`${key}.key is not the key of ${key}.cert`, 'Give the two that were made together.'),
      );
    return verdicts;
  } catch (cause) {
    return [fail(`${key}: certificate or key cannot be read: ${(cause as Error).message}`, 'Give PEM text.')];
  }
}
