import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { parseSchemaText } from '../avro/parseSchema.ts';
import type { AvroNode } from '../avro/schema.ts';
import type { ProvableConfig } from '../config/provable.ts';
import { asTidemarkError, TidemarkError } from '../errors.ts';
import { unreadable } from '../model/faults.ts';
import { loadPackage, type ModelPackage } from '../model/package.ts';
import type { ContractFault, ModelFacts } from './contract.ts';

/** A schema as it is in its file and as it is understood. */
export interface SchemaFile {
  readonly text: string;
  readonly node: AvroNode;
}

/** What a configuration refers to on disk. What could not be had is absent and among the faults. */
export interface Materials {
  readonly model?: ModelPackage;
  readonly outputSchema?: SchemaFile;
  /** Absent without a fault when the configuration leaves it to the registry. */
  readonly eventSchema?: SchemaFile;
  readonly faults: readonly ContractFault[];
}

/** Loads everything, so that all that is wrong is told at once. The caller closes the model's scorer. */
export async function loadMaterials(config: ProvableConfig): Promise<Materials> {
  const faults: ContractFault[] = [];
  const { input, output, model, batching } = config;
  const had = async <T>(where: string, expected: string, load: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await load();
    } catch (cause) {
      const error = asTidemarkError(cause);
      if (error.code === 'E-INTERNAL') throw error;
      faults.push({ where, problem: messageWithCode(error), expected });
      return undefined;
    }
  };
  const outputSchema = await had('output.schema', 'a file with an Avro schema', () =>
    readSchema(output.schema),
  );
  const eventSchema =
    input.schema === undefined
      ? undefined
      : await had('input.schema', 'a file with an Avro schema', () => readSchema(input.schema as string));
  const loaded = await had('model.package', 'a model package that is what was packed', () =>
    loadPackage(model.package, { maxRows: batching.maxRows }),
  );
  return {
    ...(loaded === undefined ? {} : { model: loaded }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(eventSchema === undefined ? {} : { eventSchema }),
    faults,
  };
}

export function modelFacts({ card, scorer }: ModelPackage): ModelFacts {
  const { name, version, digest, outputs } = scorer;
  return { name, version, digest, outputs, features: card.features };
}

export async function readSchema(file: string): Promise<SchemaFile> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    const place = isAbsolute(file) ? '' : ` in ${process.cwd()}`;
    throw new TidemarkError('E-CONTRACT', `${file} ${unreadable(cause)}${place}`, { cause });
  });
  return { text, node: parseSchemaText(text) };
}

/** The code stands in the first line: what follows lists details. */
function messageWithCode({ code, message }: TidemarkError): string {
  if (code === 'E-CONTRACT') return message;
  return message.replace(/\.?(:?)(?=\n|$)/, ` (${code})$1`);
}
