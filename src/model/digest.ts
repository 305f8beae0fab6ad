/**
 * Digests of packages. A package's files are model.yaml and the files its `digests` section lists; anything else in the folder
 * is not read and not part of it. The package's digest is the SHA-256 (hex) of the text that has one line per file, sorted by
 * path as UTF-8 bytes: digest of the file, two spaces, path, line feed. model.yaml counts with its own bytes, so the card is
 * covered too. The same by hand: `sha256sum model.yaml FILES... | LC_ALL=C sort -k2 | sha256sum`.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** SHA-256 of bytes, 64 hexadecimal digits. */
export function digestOf(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 of a file, 64 hexadecimal digits; read as a stream, so weights of any size cost no memory. */
export async function digestOfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** The package's digest (64 hexadecimal digits) from the digest of each of its files by path, model.yaml among them. */
export function packageDigest(files: Readonly<Record<string, string>>): string {
  const lines = Object.entries(files)
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([path, digest]) => `${digest}  ${path}\n`);
  return digestOf(lines.join(''));
}
