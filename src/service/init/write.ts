/** Puts what init proposes on disk: whole and proved, or not at all. */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { stringify } from 'yaml';
import { loadConfig } from '../../config/load.ts';
import { TidemarkError } from '../../errors.ts';
import { pack } from '../../model/pack.ts';
import type { PackResult } from '../../model/writePackage.ts';
import { check } from '../check.ts';
import { contractError } from '../contract.ts';
import type { AskedRequest, InitFacts } from './facts.ts';
import type { NamedOutput } from './outputSchema.ts';
import { pipelineText } from './pipelineText.ts';
import type { Proposal } from './proposal.ts';

export interface Written {
  /** The pipeline's file, as it is named from where the user is. */
  readonly pipeline: string;
  /** All of it, the pipeline's file first. */
  readonly files: readonly string[];
  readonly package: PackResult;
}

const MODELS = 'models';

/** Where everything goes, below some folder. */
function layout(folder: string, { name }: Pick<Proposal, 'name'>, version: string) {
  return {
    pipeline: join(folder, `${name}.yaml`),
    events: join(folder, `${name}-event.avsc`),
    output: join(folder, `${name}-scored.avsc`),
    package: join(folder, MODELS, name, version),
  };
}

/** Refuses a folder in which somebody's work may be. Throws E-USAGE. */
export function refuseTaken(out: string, force: boolean): void {
  const there = statSync(out, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isDirectory())
    throw new TidemarkError('E-USAGE', `--out: ${out} is a file: give the name of a folder`);
  if (force || readdirSync(out).length === 0) return;
  throw new TidemarkError(
    'E-USAGE',
    `--out: ${out} exists and is not empty: give another --out, or --force to replace what init writes there`,
  );
}

/**
 * Writes everything beside its final place, proves it there, and puts it in place. Whatever goes wrong, a signal included, leaves
 * nothing behind. Throws E-MODEL-*, E-CONTRACT or E-USAGE.
 */
export async function writeProposal(
  request: AskedRequest,
  facts: InitFacts,
  proposal: Proposal,
): Promise<Written> {
  const out = resolve(proposal.out);
  refuseTaken(proposal.out, request.force);
  const above = dirname(out);
  const made = mkdirSync(above, { recursive: true });
  // Beside what will be moved, so that moving it is one rename.
  const isThere = statSync(out, { throwIfNoEntry: false }) !== undefined;
  const staging = join(isThere ? out : above, `.${basename(out)}.init-${process.pid}`);
  let placed = false;
  const discard = () => rmSync(placed ? staging : (made ?? staging), { recursive: true, force: true });
  // A signal ends the process between two steps; what it runs last is this.
  process.on('exit', discard);
  try {
    const result = await stage(staging, request, facts, proposal);
    putInPlace(staging, out, proposal, request.version);
    placed = true;
    const { pipeline, events, output, package: folder } = layout(proposal.out, proposal, request.version);
    return {
      pipeline: fromHere(pipeline),
      files: [pipeline, events, output, folder].map(fromHere),
      package: { ...result, folder: fromHere(folder) },
    };
  } catch (cause) {
    throw unwritten(cause, proposal.out, staging);
  } finally {
    discard();
    process.off('exit', discard);
  }
}

async function stage(
  staging: string,
  request: AskedRequest,
  facts: InitFacts,
  proposal: Proposal,
): Promise<PackResult> {
  const { entries, output, name } = proposal;
  await mkdir(staging, { recursive: true });
  const features = join(staging, 'features.yaml');
  await writeFile(features, stringify(entries));
  const { golden, tolerance, fixedRows } = request;
  const [score, ...further] = proposal.outputs;
  const result = await pack({
    file: request.model,
    name,
    version: request.version,
    features,
    score: outputText(score!),
    outputs: further.map((one) => `${one.name}=${outputText(one)}`),
    ...(golden === undefined ? {} : { golden }),
    ...(tolerance === undefined ? {} : { tolerance }),
    ...(fixedRows === undefined ? {} : { fixedRows }),
    out: join(staging, MODELS),
    force: false,
  });
  rmSync(features);
  const here = layout(staging, proposal, request.version);
  await writeFile(here.events, facts.event.text);
  await writeFile(here.output, output.schema);
  await writeFile(here.pipeline, textFor(here, request, proposal));
  await prove(here.pipeline);
  const final = layout(proposal.out, proposal, request.version);
  await writeFile(here.pipeline, textFor(final, request, proposal));
  return result;
}

function outputText({ tensor, column }: NamedOutput): string {
  return column === undefined ? tensor : `${tensor}:${column}`;
}

function textFor(
  files: ReturnType<typeof layout>,
  { brokers, registry, topic }: AskedRequest,
  { name, features, output }: Proposal,
): string {
  return pipelineText(fromHere(files.pipeline), {
    name,
    brokers,
    registry,
    topic,
    eventSchema: fromHere(files.events),
    outputSchema: fromHere(files.output),
    package: fromHere(files.package),
    id: output.id,
    time: output.time,
    places: features
      .filter(({ name: feature, path }) => path.length > 1 || path[0] !== feature)
      .map(({ name: feature, path }) => [feature, path] as const),
    outputFields: output.fields,
  });
}

/** What would be written has to hold together. */
async function prove(file: string): Promise<void> {
  const loaded = loadConfig(file);
  if (!loaded.ok) {
    const faults = loaded.faults.map(({ path, problem }) => `${path} ${problem}`).join('; ');
    throw new TidemarkError('E-INTERNAL', `init wrote a file that is not valid: ${faults}`);
  }
  const { faults } = await check(loaded.config, { live: false });
  if (faults.length > 0) throw contractError(faults);
}

/** In one go, so that no signal comes in between; what was there before comes back when it fails. */
function putInPlace(staging: string, out: string, proposal: Proposal, version: string): void {
  const from = layout(staging, proposal, version);
  const to = layout(out, proposal, version);
  if (statSync(out, { throwIfNoEntry: false }) === undefined) {
    renameSync(staging, out);
    return;
  }
  const done: (() => void)[] = [];
  try {
    for (const [index, key] of (['package', 'events', 'output', 'pipeline'] as const).entries()) {
      mkdirSync(dirname(to[key]), { recursive: true });
      const old = join(staging, `old-${index}`);
      if (statSync(to[key], { throwIfNoEntry: false }) !== undefined) {
        renameSync(to[key], old);
        done.push(() => renameSync(old, to[key]));
      }
      renameSync(from[key], to[key]);
      done.push(() => rmSync(to[key], { recursive: true, force: true }));
    }
  } catch (cause) {
    for (const undo of done.reverse()) undo();
    throw cause;
  }
}

/** A path as it is written from the working directory, with forward slashes. */
function fromHere(path: string): string {
  const way = relative(process.cwd(), resolve(path));
  return (way === '' ? '.' : way).split(sep).join('/');
}

function unwritten(cause: unknown, out: string, staging: string): TidemarkError {
  if (!(cause instanceof TidemarkError)) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new TidemarkError('E-USAGE', `--out: ${out} cannot be written (${why}): give a folder that can`, {
      cause,
    });
  }
  // The folder in the message is gone.
  const message = cause.message.replaceAll(staging, out);
  return new TidemarkError(cause.code, message, { cause });
}
