/** Puts a package on disk: whole and verified, or not at all. */
import { constants } from 'node:fs';
import { copyFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TidemarkError } from '../errors.ts';
import {
  CARD_FILE,
  type CardInput,
  type CardOutput,
  GOLDEN_FILE,
  type GoldenOrigin,
  MODEL_FILE,
} from './card.ts';
import { cardText } from './cardText.ts';
import { digestOfFile } from './digest.ts';
import type { CardFeature } from './features.ts';
import type { GivenRows } from './givenRows.ts';
import type { ExpectedOutputs } from './golden.ts';
import type { OnnxFile } from './onnxProto.ts';
import { loadPackage } from './package.ts';
import type { PackOptions } from './packOptions.ts';

export interface PackResult {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the package, 64 hexadecimal digits. */
  readonly digest: string;
  readonly files: readonly string[];
  readonly features: number;
  readonly golden: { readonly origin: GoldenOrigin; readonly rows: number };
  readonly tolerance: number;
  readonly warnings: readonly string[];
}

/** What packing found out about the model. */
export interface Draft {
  readonly inputs: readonly CardInput[];
  readonly features: readonly CardFeature[];
  readonly rows: GivenRows['rows'];
  /** What to take from the model; `outputs` is what it gave. */
  readonly asked: readonly CardOutput[];
  readonly outputs: ExpectedOutputs;
  readonly origin: GoldenOrigin;
  readonly warnings: readonly string[];
}

/** Writes beside the final folder, loads what was written, and only then puts it in place. */
export async function writePackage(
  folder: string,
  onnx: OnnxFile,
  options: PackOptions,
  draft: Draft,
): Promise<PackResult> {
  const staging = join(dirname(folder), `.${options.version}.packing-${process.pid}`);
  try {
    await mkdir(staging, { recursive: true });
    await writeFiles(staging, onnx, options, draft);
    const { scorer, card, digest } = await loadPackage(staging, { maxRows: 1 });
    await scorer.close();
    await putInPlace(staging, folder);
    return {
      folder,
      name: card.name,
      version: card.version,
      digest,
      files: [CARD_FILE, ...Object.keys(card.digests)],
      features: card.features.length,
      golden: { origin: draft.origin, rows: draft.rows.length },
      tolerance: card.tolerance,
      warnings: draft.warnings,
    };
  } catch (cause) {
    throw notWritten(folder, cause);
  } finally {
    // What failed before is what must be told, not what is left of it.
    await rm(staging, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function writeFiles(
  staging: string,
  onnx: OnnxFile,
  options: PackOptions,
  draft: Draft,
): Promise<void> {
  const { file, name, version, tolerance, training } = options;
  await copyFile(file, join(staging, MODEL_FILE), constants.COPYFILE_FICLONE);
  for (const path of onnx.externalFiles) {
    await mkdir(dirname(join(staging, path)), { recursive: true });
    await copyFile(join(dirname(file), path), join(staging, path), constants.COPYFILE_FICLONE);
  }
  await writeFile(join(staging, GOLDEN_FILE), goldenText(draft));
  const digests: Record<string, string> = {};
  for (const path of [MODEL_FILE, ...onnx.externalFiles, GOLDEN_FILE]) {
    digests[path] = await digestOfFile(join(staging, path));
  }
  const { inputs, asked: outputs, origin } = draft;
  const { features } = options;
  const text = cardText({ name, version, digests, inputs, outputs, tolerance, origin, training, features });
  await writeFile(join(staging, CARD_FILE), text);
}

/** One line per row, for people who compare packages. */
function goldenText({ features, rows, outputs }: Draft): string {
  const names = JSON.stringify(features.map(({ name }) => name));
  const lines = rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
  return `{\n  "features": ${names},\n  "rows": [\n${lines}\n  ],\n  "outputs": ${JSON.stringify(outputs)}\n}\n`;
}

async function putInPlace(staging: string, folder: string): Promise<void> {
  const old = `${staging}-old`;
  const replaces = await exists(folder);
  if (replaces) await rename(folder, old);
  try {
    await rename(staging, folder);
  } catch (cause) {
    if (replaces) await rename(old, folder);
    throw cause;
  }
  await rm(old, { recursive: true, force: true });
}

function notWritten(folder: string, cause: unknown): TidemarkError {
  if (cause instanceof TidemarkError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new TidemarkError('E-MODEL-PACKAGE', `${folder} cannot be written: ${why}`, { cause });
}

/** Whether there is a file or folder. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
