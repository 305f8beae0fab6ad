import type { EventWriter, FieldSource } from '../pipeline/ports.ts';
import { copyBytes, ensure } from './byteBuffer.ts';
import { CodeUnit, literal } from './codeUnit.ts';
import { encodeDefault } from './defaults.ts';
import { frameOf } from './framing.ts';
import { type AvroField, type AvroNode, type RecordNode, typeName } from './schema.ts';
import { schemaJson } from './schemaJson.ts';
import { type Part, type ScoredFacts, sourcePart, storeBytes } from './sourceCode.ts';
import { viewOf } from './wire.ts';

export interface EventWriterPlan extends ScoredFacts {
  /** The output schema's id in the registry, for the frame. */
  readonly schemaId: number;
  /** By the output field's path (`score`, `model.name`): where its value comes from. */
  readonly fields: ReadonlyMap<string, FieldSource>;
  /** How many carried fields a row has in `RowTarget.spans`. */
  readonly carried: number;
}

/** A way in which an output schema and the values meant for it do not fit together. */
export interface OutputFault {
  /** The output field's path. */
  readonly field: string;
  readonly problem: string;
  readonly expected: string;
  /** Where the fault is a word: the word (default: the field), and the valid ones. */
  readonly written?: string;
  readonly among?: readonly string[];
}

export type CompiledWriter =
  | { readonly kind: 'writer'; readonly writer: EventWriter }
  | { readonly kind: 'unfit'; readonly faults: readonly OutputFault[] };

/** Compiles the writer of scored events of one output schema, or says all that keeps it from being one. */
export function compileEventWriter(schema: AvroNode, plan: EventWriterPlan): CompiledWriter {
  const code = new WriterCode(plan);
  const parts = code.root(schema);
  if (code.faults.length > 0) return { kind: 'unfit', faults: code.faults };
  const frame: Part = { kind: 'constant', bytes: frameOf(plan.schemaId) };
  return { kind: 'writer', writer: { write: code.compile([frame, ...parts]) } };
}

/** The schema (JSON) of an output field by its path, as CarriedField.schema wants it; undefined when there is none. */
export function outputFieldSchema(schema: AvroNode, path: string): unknown {
  let node: AvroNode | undefined = schema;
  for (const name of path.split('.')) {
    node = node && recordIn(node)?.fields.find((field) => field.name === name)?.type;
  }
  return node && schemaJson(node);
}

interface Mapped {
  source?: FieldSource;
  readonly below: Map<string, Mapped>;
}

/** Beyond this many bytes a constant is copied in a loop instead of stored byte by byte. */
const MAX_STORED_BYTES = 16;

class WriterCode {
  readonly faults: OutputFault[] = [];
  readonly #plan: EventWriterPlan;
  readonly #unit = new CodeUnit();

  constructor(plan: EventWriterPlan) {
    this.#plan = plan;
  }

  root(schema: AvroNode): readonly Part[] {
    if (schema.kind !== 'record') {
      this.faults.push({
        field: '',
        problem: `the output schema is ${typeName(schema)}`,
        expected: 'a record',
      });
      return [];
    }
    const mapped: Mapped = { below: new Map() };
    for (const [path, source] of this.#plan.fields) place(mapped, path).source = source;
    return this.#record(schema, mapped, '');
  }

  #record(node: RecordNode, mapped: Mapped, path: string): Part[] {
    const names = new Set(node.fields.map((field) => field.name));
    for (const name of mapped.below.keys()) {
      if (names.has(name)) continue;
      this.faults.push({
        field: path + name,
        problem: 'the output schema has no such field',
        expected: 'one of its fields',
        among: [...names].map((known) => path + known),
      });
    }
    return node.fields.flatMap((field) =>
      this.#field(field, mapped.below.get(field.name), path + field.name),
    );
  }

  #field(field: AvroField, mapped: Mapped | undefined, path: string): readonly Part[] {
    if (!mapped) return this.#default(field, path);
    const { source, below } = mapped;
    if (source && below.size > 0) {
      this.faults.push({ field: path, problem: 'it is mapped whole and in parts', expected: 'one of both' });
      return [];
    }
    if (!source) return this.#nested(field.type, mapped, path);
    if (source.from === 'event') return [this.#event(source.slot)];
    const part = sourcePart(source, field.type, this.#plan, this.#unit);
    if (part.kind !== 'unfit') return [part];
    const { kind, ...fault } = part;
    this.faults.push({ field: path, ...fault });
    return [];
  }

  #nested(type: AvroNode, mapped: Mapped, path: string): readonly Part[] {
    const record = recordIn(type);
    if (!record) {
      this.faults.push({
        field: path,
        problem: `it is ${typeName(type)}, without fields`,
        expected: 'a record',
      });
      return [];
    }
    const parts = this.#record(record, mapped, `${path}.`);
    if (type.kind !== 'union') return parts;
    return [{ kind: 'constant', bytes: Uint8Array.of(type.branches.indexOf(record) * 2) }, ...parts];
  }

  #default(field: AvroField, path: string): readonly Part[] {
    const bytes = field.default === undefined ? undefined : encodeDefault(field.type, field.default);
    if (bytes) return [{ kind: 'constant', bytes }];
    const problem =
      field.default === undefined
        ? 'nothing is mapped to it and it has no default'
        : 'its default is no value of it';
    this.faults.push({ field: path, problem, expected: 'a source under `output.fields`, or a default' });
    return [];
  }

  #event(slot: number): Part {
    const [start, length] = [this.#unit.fresh(), this.#unit.fresh()];
    return {
      kind: 'code',
      bytes: 0,
      before: `const ${start} = sp[so + ${literal(2 * slot)}], ${length} = sp[so + ${literal(2 * slot + 1)}];`,
      length,
      write:
        `if (${start} >= 0) copy(block.bytes, ${start}, ${start} + ${length}, o, p); ` +
        `else copy(target.side.bytes, -1 - ${start}, -1 - ${start} + ${length}, o, p); p += ${length};`,
    };
  }

  compile(parts: readonly Part[]): EventWriter['write'] {
    const merged = mergeConstants(parts);
    let bytes = 0;
    const before: string[] = [];
    const lengths: string[] = [];
    const writes: string[] = [];
    for (const part of merged) {
      if (part.kind === 'constant') {
        bytes += part.bytes.length;
        writes.push(this.#constant(part.bytes));
        continue;
      }
      bytes += part.bytes;
      if (part.before) before.push(part.before);
      if (part.length) lengths.push(part.length);
      writes.push(part.write);
    }
    const [make, view] = [this.#unit.constant(ensure), this.#unit.constant(viewOf)];
    return this.#unit.compile(`function (out, row, target, outputs, decision, block, index, scoredAtMs) {
const copy = ${this.#unit.constant(copyBytes)}, sp = target.spans, so = row * ${literal(2 * this.#plan.carried)};
${before.join('\n')}
${make}(out, ${[literal(bytes), ...lengths].join(' + ')});
const o = out.bytes, f = ${view}(o); let p = out.length;
${writes.join('\n')}
out.length = p; }`);
  }

  #constant(bytes: Uint8Array): string {
    if (bytes.length <= MAX_STORED_BYTES) return storeBytes(bytes);
    return `copy(${this.#unit.constant(bytes)}, 0, ${bytes.length}, o, p); p += ${bytes.length};`;
  }
}

function place(root: Mapped, path: string): Mapped {
  let mapped = root;
  for (const name of path.split('.')) {
    const next: Mapped = mapped.below.get(name) ?? { below: new Map() };
    mapped.below.set(name, next);
    mapped = next;
  }
  return mapped;
}

/** The record that a node is, or the one record among a union's branches. */
function recordIn(node: AvroNode): RecordNode | undefined {
  if (node.kind === 'record') return node;
  return node.kind === 'union' ? node.branches.find((branch) => branch.kind === 'record') : undefined;
}

function mergeConstants(parts: readonly Part[]): readonly Part[] {
  const merged: Part[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (part.kind === 'constant' && last?.kind === 'constant') {
      merged[merged.length - 1] = { kind: 'constant', bytes: Buffer.concat([last.bytes, part.bytes]) };
    } else merged.push(part);
  }
  return merged;
}
