/** Model packages: read, verify, open. Nothing is scored by a package that is not exactly what was packed. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TidemarkError } from '../errors.ts';
import type { InputBuffer } from '../pipeline/ports.ts';
import { CARD_FILE, type Card, GOLDEN_FILE, isInsidePath, MODEL_FILE, parseCard } from './card.ts';
import { fastestRun, measureChunkRows } from './chunkRows.ts';
import { digestOf, digestOfFile, packageDigest } from './digest.ts';
import { unreadable } from './faults.ts';
import { type Golden, parseGolden, verifyGolden } from './golden.ts';
import { type OnnxFile, readOnnx } from './onnxProto.ts';
import { type InferenceSession, openSession } from './ort.ts';
import { fillRow } from './rowValues.ts';
import { OrtScorer } from './scorer.ts';
import { verifySignature } from './signature.ts';
import { copyRow } from './tensors.ts';

/** What a run may block the thread, milliseconds: a small part of any heartbeat interval. */
const CHUNK_MS = 50;
/** Until the model is measured. */
const FIRST_ROWS_PER_RUN = 64;
/** ONNX files end at 2 GiB (protobuf); larger models keep their weights beside the file. */
const MODEL_BYTES = 2 ** 31 - 1;

/** A package whose files are the ones that were packed; nothing has been run yet. */
export interface PackageFiles {
  readonly folder: string;
  readonly card: Card;
  /** SHA-256 of the package, 64 hexadecimal digits; see digest.ts. */
  readonly digest: string;
  readonly golden: Golden;
  readonly onnx: OnnxFile;
}

export interface ModelPackage extends PackageFiles {
  readonly scorer: OrtScorer;
  /** How long one run of `scorer.rowsPerRun` rows takes, milliseconds, as measured now; more than 50 delays heartbeats. */
  readonly runMs: number;
}

export interface LoadOptions {
  /** The largest batch that will come. */
  readonly maxRows: number;
  /** What one ONNX Runtime run may take. */
  readonly chunkMs?: number;
  readonly monotonicMs?: () => number;
}

/** Reads a package and verifies its digests. Throws E-MODEL-PACKAGE or E-MODEL-DIGEST. */
export async function readPackage(folder: string): Promise<PackageFiles> {
  const yaml = await readText(folder, CARD_FILE);
  const card = parseCard(yaml, join(folder, CARD_FILE));
  await verifyDigests(folder, card);
  const onnx = await readModelFile(join(folder, MODEL_FILE));
  verifyExternalFiles(onnx, card, folder);
  const golden = parseGolden(await readText(folder, GOLDEN_FILE), card, join(folder, GOLDEN_FILE));
  const digest = packageDigest({ ...card.digests, [CARD_FILE]: digestOf(yaml) });
  return { folder, card, digest, golden, onnx };
}

/**
 * Reads, verifies and opens a package: digests, signature, golden vectors; then measures how many rows a run may take.
 * Throws E-MODEL-PACKAGE, E-MODEL-DIGEST, E-MODEL-SIGNATURE, E-MODEL-GOLDEN or E-MODEL-RUN. The caller closes the scorer.
 */
export async function loadPackage(folder: string, options: LoadOptions): Promise<ModelPackage> {
  const files = await readPackage(folder);
  const session = await openModel(join(folder, MODEL_FILE));
  try {
    verifySignature(session, files.onnx, files.card);
    const scorer = new OrtScorer({ ...files, session, rowsPerRun: FIRST_ROWS_PER_RUN });
    await verifyGolden(scorer, files.card, files.golden);
    const runMs = await measure(scorer, files, options);
    return { ...files, scorer, runMs };
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** Reads the top of an ONNX file. Throws E-MODEL-PACKAGE. */
export async function readModelFile(file: string): Promise<OnnxFile> {
  const { size } = await stat(file).catch((cause) => {
    throw new TidemarkError('E-MODEL-PACKAGE', `${file} ${unreadable(cause)}`, { cause });
  });
  if (size > MODEL_BYTES) {
    throw new TidemarkError(
      'E-MODEL-PACKAGE',
      `${file} has ${size} bytes, expected at most ${MODEL_BYTES}; keep its weights in external data beside it.`,
    );
  }
  return readOnnx(await readFile(file), file);
}

/** Opens a session. Throws E-MODEL-PACKAGE when ONNX Runtime does not take the file. */
export async function openModel(file: string): Promise<InferenceSession> {
  return openSession(file).catch((cause) => {
    const why = cause instanceof Error ? cause.message.trim() : String(cause);
    throw new TidemarkError('E-MODEL-PACKAGE', `ONNX Runtime cannot load ${file}: ${why}`, { cause });
  });
}

/** Runs growing batches of the golden rows, which are rows of the kind the model is made for; sets the rows of a run. */
async function measure(
  scorer: OrtScorer,
  { card, golden }: PackageFiles,
  options: LoadOptions,
): Promise<number> {
  const { maxRows, chunkMs = CHUNK_MS, monotonicMs = () => performance.now() } = options;
  const rowsMeasured = scorer.fixedRows ?? maxRows;
  const inputs = goldenBatch(scorer, card, golden, rowsMeasured);
  const outputs = scorer.newOutputs(rowsMeasured);
  const run = (rows: number) => {
    scorer.setRowsPerRun(rows);
    return scorer.run(inputs, rows, outputs);
  };
  const ways = { run, maxRows, chunkMs, monotonicMs };
  if (scorer.fixedRows !== undefined) return fastestRun(scorer.fixedRows, ways);
  const { rows, ms } = await measureChunkRows(ways);
  scorer.setRowsPerRun(rows);
  return ms;
}

/** `rows` rows of inputs: the golden rows, over and over. */
function goldenBatch(scorer: OrtScorer, card: Card, golden: Golden, rows: number): InputBuffer[] {
  const inputs = scorer.newInputs(rows);
  const sample = scorer.newInputs(golden.rows.length);
  for (const [row, values] of golden.rows.entries()) fillRow(card.features, values, sample, row);
  for (let row = 0; row < rows; row++) {
    for (const [i, input] of inputs.entries()) copyRow(sample[i]!, row % golden.rows.length, input, row);
  }
  return inputs;
}

async function readText(folder: string, path: string): Promise<string> {
  return readFile(join(folder, path), 'utf8').catch((cause) => {
    throw new TidemarkError(
      'E-MODEL-PACKAGE',
      `${folder} is no complete model package: ${path} ${unreadable(cause)}.`,
      { cause },
    );
  });
}

async function verifyDigests(folder: string, card: Card): Promise<void> {
  const missing: string[] = [];
  const differing: string[] = [];
  for (const [path, expected] of Object.entries(card.digests)) {
    const digest = await digestOfFile(join(folder, path)).catch((cause) => {
      missing.push(`${path}, which ${unreadable(cause)}`);
      return expected;
    });
    if (digest !== expected) differing.push(`${path}: SHA-256 is ${digest}, expected ${expected}`);
  }
  if (missing.length > 0) {
    throw new TidemarkError(
      'E-MODEL-PACKAGE',
      `${folder} is incomplete: model.yaml lists ${missing.join(', and ')}. Copy the whole folder again.`,
    );
  }
  if (differing.length > 0) {
    throw new TidemarkError(
      'E-MODEL-DIGEST',
      `${folder} is not what was packed:\n${differing.map((line) => `  ${line}`).join('\n')}`,
    );
  }
}

/** Weights outside the digests could change unseen. */
function verifyExternalFiles(onnx: OnnxFile, card: Card, folder: string): void {
  const faults = onnx.externalFiles.flatMap((path) => externalFault(path, card) ?? []);
  if (faults.length === 0) return;
  throw new TidemarkError(
    'E-MODEL-PACKAGE',
    `${folder}: ${MODEL_FILE} keeps weights in other files, and not all are in the package: ${faults.join(', ')}. Pack the model again.`,
  );
}

function externalFault(path: string, card: Card): string | undefined {
  if (!isInsidePath(path)) return `${path} (outside the folder)`;
  return Object.hasOwn(card.digests, path) ? undefined : `${path} (not under digests in model.yaml)`;
}
