import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { deepModel } from '../../bench/harness/onnx.ts';
import { pack } from '../../src/model/pack.ts';

/** Some hundred million multiplications for each event: two milliseconds of a core, more or less. */
const WIDTH = 512;
const DEPTH = 400;
export const SLOW_VERSION = '9.0.0-slow';

/** Packs a model that takes what the pipeline's own takes, and far longer for it. @returns the package's folder */
export async function packSlowModel(folder: string, like: string): Promise<string> {
  const card = join(like, 'model.yaml');
  const { name, features } = parse(readFileSync(card, 'utf8')) as { name: string; features: unknown[] };
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'slow.onnx');
  writeFileSync(file, deepModel(features.length, WIDTH, DEPTH));
  const asked = { file, name, version: SLOW_VERSION, features: card, score: 'score', outputs: [] };
  const packed = await pack({ ...asked, out: join(folder, 'models'), force: true });
  return packed.folder;
}
