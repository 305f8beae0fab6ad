import { TidemarkError } from '../errors.ts';
import { type PackageFiles, readPackage } from './package.ts';

const SHA256 = /^(?:sha256:)?([0-9a-f]{64})$/i;

/**
 * Proves that a package is what was packed and, given a digest, that it is that package: a package that was replaced as a whole
 * agrees with its own model.yaml. Throws E-MODEL-PACKAGE, E-MODEL-DIGEST, or E-USAGE for what is no digest.
 * @param expected SHA-256 of the package, 64 hexadecimal digits
 */
export async function verifyPackage(folder: string, expected?: string): Promise<PackageFiles> {
  const wanted = expected === undefined ? undefined : readDigest(expected);
  const files = await readPackage(folder);
  if (wanted !== undefined && files.digest !== wanted) {
    throw new TidemarkError(
      'E-MODEL-DIGEST',
      `${folder} holds ${files.card.name} ${files.card.version}, whose digest is ${files.digest}, expected ${wanted}: it is whole, but another package.`,
    );
  }
  return files;
}

function readDigest(text: string): string {
  const digest = SHA256.exec(text)?.[1];
  // The sixteen digits of a scored event's header are too few to trust a download with.
  if (digest === undefined) {
    throw new TidemarkError(
      'E-USAGE',
      `'${text}' is no digest of a package, expected the 64 hexadecimal digits that \`tidemark model pack\` and \`tidemark model verify FOLDER\` print.`,
    );
  }
  return digest.toLowerCase();
}
