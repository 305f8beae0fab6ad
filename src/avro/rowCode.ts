import { TidemarkError } from '../errors.ts';
import { ByteTable } from './byteTable.ts';
import type { CarriedCode } from './carriedCode.ts';
import type { CodeUnit } from './codeUnit.ts';
import { literal } from './codeUnit.ts';
import { encodeDefault } from './defaults.ts';
import { type FeatureSite, missingCode, rowName, storeCode, takesValue, valuesName } from './featureCode.ts';
import type { Findings } from './findings.ts';
import { eventTimeCode, readLeafCode } from './leafValue.ts';
import { isEmpty, type RowPlan, type Wanted, withoutCarried } from './plan.ts';
import { branchFor } from './resolution.ts';
import type { ArrayNode, AvroField, AvroNode, MapNode, RecordNode, UnionNode } from './schema.ts';
import { innerNodes, typeName } from './schema.ts';
import { blockLoop, leastBytes, readLengthCode, SCRATCH, type Skips, switchCode } from './skipCode.ts';

/** What every generated function of a reader takes: bytes, position, end, row, target, view of the bytes. */
const PARAMETERS = 'b, p, end, row, t, f';
const ARRAY_INDEX = /^(0|[1-9][0-9]{0,8})$/;
/** A function beyond this much source is too large for the optimizing compiler; its parts become functions of their own. */
const MAX_FUNCTION_CHARS = 8_000;

/** Places at which a plan's paths are followed: unions of records inside each other multiply them, and the code with them. */
const MAX_PLACES = 50_000;

/** Where the code being made stands. */
interface Site {
  /** The reader schema's node for the same place, as far as there is one. */
  readonly reader: AvroNode | undefined;
  /** Whether `b` is a default's bytes, not the event's: spans cannot point there. */
  readonly inDefault: boolean;
}

/** Writes the code that reads what a plan wants of events of one writer schema, and notes how the schema serves it. */
export class RowCode {
  readonly #plan: RowPlan;
  readonly #unit: CodeUnit;
  readonly #skips: Skips;
  readonly #findings: Findings;
  readonly #carried: CarriedCode;
  #places = 0;

  constructor(plan: RowPlan, unit: CodeUnit, skips: Skips, findings: Findings, carried: CarriedCode) {
    this.#plan = plan;
    this.#unit = unit;
    this.#skips = skips;
    this.#findings = findings;
    this.#carried = carried;
  }

  /** Statements that read one value of `node` at `p` and pass it. */
  emit(wanted: Wanted, node: AvroNode, site: Site): string {
    if (isEmpty(wanted)) return this.#skips.emit(node, this.#unit, '0');
    if (++this.#places > MAX_PLACES) {
      throw new TidemarkError(
        'E-SCHEMA-UNUSABLE',
        'its unions branch too widely along the paths of the pipeline',
      );
    }
    const carrying = this.#carried.at(wanted.carried, node, site.inDefault);
    const rest = withoutCarried(wanted, carrying.settled);
    if (isEmpty(rest)) return carrying.around(undefined, () => this.#skips.emit(node, this.#unit, '0'));
    return carrying.around(
      node.kind === 'union' ? this.#union(rest, node, site) : this.#value(rest, node, site),
      () => '',
    );
  }

  /** Statements for a place that is not there: fills or rejections for all that is wanted at and below it. */
  absent(wanted: Wanted, why: string | undefined): string {
    const code: string[] = [];
    for (const index of wanted.features) {
      if (why) this.#findings.absent({ of: 'feature', index }, why);
      code.push(this.#missing(index));
    }
    for (const index of wanted.carried) {
      if (why) this.#findings.absent({ of: 'carried', index }, why);
      code.push(this.#carried.absent(index));
    }
    if (wanted.eventTime) {
      if (why) this.#findings.absent({ of: 'event-time' }, why);
      code.push('t.eventTimes[row] = NaN;');
    }
    for (const below of wanted.below.values()) code.push(this.absent(below, why));
    return code.join('\n');
  }

  #missing(index: number): string {
    return missingCode(this.#plan.features[index]!, this.#siteOf(index));
  }

  #siteOf(index: number): FeatureSite {
    return { unit: this.#unit, index, codeOf: (fault) => this.#findings.featureCode(index, fault) };
  }

  #union(wanted: Wanted, node: UnionNode, site: Site): string {
    return switchCode(
      this.#unit,
      node.branches.map((branch) => {
        if (branch.kind === 'null') return this.absent(wanted, undefined);
        return this.emit(wanted, branch, { ...site, reader: readerBranch(site.reader, branch) });
      }),
    );
  }

  /** A value that is no union, and whose carried fields are settled. */
  #value(wanted: Wanted, node: AvroNode, site: Site): string {
    switch (node.kind) {
      case 'record':
        return `${this.#leaves(wanted, node)}\n${this.#record(wanted, node, site)}`;
      case 'array':
      case 'map':
        return `${this.#leaves(wanted, node)}\n${this.#items(wanted, node, site)}`;
      default: {
        const below = [...wanted.below.values()].map((inner) =>
          this.absent(inner, `its path goes on below a ${node.kind}`),
        );
        return `{ ${this.#leaves(wanted, node)}\n${below.join('\n')} }`;
      }
    }
  }

  /** Reads a scalar once and stores it wherever it is wanted; a composite only leaves notes and rejections. */
  #leaves(wanted: Wanted, node: AvroNode): string {
    const stores: string[] = [];
    for (const index of wanted.features) {
      const feature = this.#plan.features[index]!;
      if (takesValue(feature, node)) {
        this.#findings.found({ of: 'feature', index });
        stores.push(`{ ${storeCode(feature, node, this.#siteOf(index))} }`);
      } else if (node.kind === 'null') {
        this.#findings.absent({ of: 'feature', index }, 'it is always null');
        stores.push(this.#missing(index));
      } else {
        this.#findings.wrong({ of: 'feature', index }, `its type is ${typeName(node)}`);
        stores.push(`return -${this.#findings.featureCode(index, 'type')};`);
      }
    }
    if (wanted.eventTime) stores.push(this.#eventTime(node));
    if (innerNodes(node).length > 0 || node.kind === 'record') return stores.join('\n');
    if (stores.length === 0 || !isReadable(node)) {
      return `${this.#skips.emit(node, this.#unit, '0')}\n${stores.join('\n')}`;
    }
    return `${readLeafCode(node, this.#unit)}\n${stores.join('\n')}`;
  }

  #eventTime(node: AvroNode): string {
    const code = eventTimeCode(node);
    if (code) {
      this.#findings.found({ of: 'event-time' });
      return code;
    }
    this.#findings.wrong({ of: 'event-time' }, `its type is ${typeName(node)}`);
    return 't.eventTimes[row] = NaN;';
  }

  #record(wanted: Wanted, node: RecordNode, site: Site): string {
    const reader = site.reader?.kind === 'record' ? site.reader : undefined;
    // By the writer's name: a field and its alias may both be wanted, and the writer have only one of them.
    const served = new Map<string, { wanted: Wanted; reader: AvroNode | undefined }[]>();
    const absent: string[] = [];
    for (const [name, below] of wanted.below) {
      const readerField = reader?.fields.find((field) => field.name === name);
      const written = writerField(node, name, readerField);
      if (!written) absent.push(this.#absentField(below, node, readerField));
      else {
        const serving = served.get(written.name) ?? [];
        served.set(written.name, serving);
        serving.push({ wanted: below, reader: readerField?.type });
      }
    }
    const pieces = node.fields.map((field) => {
      const serving = served.get(field.name);
      if (!serving) return this.#skips.emit(field.type, this.#unit, '0');
      const reads = serving.map(({ wanted, reader }) => this.emit(wanted, field.type, { ...site, reader }));
      if (reads.length === 1) return reads[0]!;
      const start = this.#unit.fresh();
      return `const ${start} = p;\n${reads.join(`\np = ${start};\n`)}`;
    });
    return this.#split([...absent, ...pieces]);
  }

  /** A field the writer lacks: the reader schema's default read as if it had been written, or nothing. */
  #absentField(wanted: Wanted, node: RecordNode, readerField: AvroField | undefined): string {
    const bytes =
      readerField?.default === undefined ? undefined : encodeDefault(readerField.type, readerField.default);
    if (!readerField || !bytes) return this.absent(wanted, `${typeName(node)} has no such field`);
    const inner = this.emit(wanted, readerField.type, { reader: undefined, inDefault: true });
    const [constant, view] = [
      this.#unit.constant(bytes),
      new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    ];
    const head = `const b = ${constant}, end = ${bytes.length}, f = ${this.#unit.constant(view)}; let p = 0;`;
    return `{ ${head}\n${inner} }`;
  }

  /** Remembers where the wanted items begin while all are passed, then reads those: a path needs no flags, and of equal keys the last counts. */
  #items(wanted: Wanted, node: ArrayNode | MapNode, site: Site): string {
    const unit = this.#unit;
    const item = node.kind === 'map' ? node.values : node.items;
    const keys = [...wanted.below.keys()].filter((key) => node.kind === 'map' || ARRAY_INDEX.test(key));
    const nowhere = [...wanted.below].filter(([key]) => !keys.includes(key)).map(([, below]) => below);
    const starts = keys.map(() => unit.fresh());
    const [i, at, back] = [unit.fresh(), unit.fresh(), unit.fresh()];
    const skip = this.#skips.emit(item, unit, '0');
    const find =
      node.kind === 'map'
        ? `${readLengthCode(unit)} const ${at} = ${unit.constant(new ByteTable(keys))}.find(b, p, p + x); p += x;`
        : '';
    const note = starts.map((start, index) => {
      const test = node.kind === 'map' ? `${at} === ${index}` : `${at} === ${literal(Number(keys[index]))}`;
      return `if (${test}) ${start} = p;`;
    });
    const loop = blockLoop(unit, node.kind === 'map' ? 1 : leastBytes(item), (count) => {
      const step = node.kind === 'map' ? '' : `${at}++;`;
      return `for (let ${i} = 0; ${i} < ${count}; ${i}++) {\n${find}\n${note.join(' ')}\n${step}\n${skip}\n}`;
    });
    const readerItem = readerInner(site.reader, node.kind);
    const reads = keys.map((key, index) => {
      const below = wanted.below.get(key)!;
      const read = this.emit(below, item, { ...site, reader: readerItem });
      return `if (${starts[index]} >= 0) { p = ${starts[index]};\n${read} } else {\n${this.absent(below, undefined)} }`;
    });
    reads.push(...nowhere.map((below) => this.absent(below, `${typeName(node)} has items by index only`)));
    const declare = starts.map((start) => `let ${start} = -1;`).join(' ');
    const counter = node.kind === 'map' ? '' : `let ${at} = 0;`;
    return `{ ${declare} ${counter}\n${loop}\nconst ${back} = p;\n${reads.join('\n')}\np = ${back}; }`;
  }

  /** Joins statements that follow each other; what is too much for one function goes into several. */
  #split(pieces: readonly string[]): string {
    const code = pieces.join('\n');
    if (code.length <= MAX_FUNCTION_CHARS) return code;
    const parts: string[] = [];
    let part = '';
    for (const piece of pieces) {
      if (part !== '' && part.length + piece.length > MAX_FUNCTION_CHARS) {
        parts.push(this.#call(part));
        part = '';
      }
      part += `${piece}\n`;
    }
    return [...parts, this.#call(part)].join('\n');
  }

  #call(body: string): string {
    const name = this.addFunction(body);
    return `p = ${name}(${PARAMETERS}); if (p < 0) return p;`;
  }

  /** Makes statements a function of the unit, with what they use of the target at hand. */
  addFunction(body: string): string {
    const inputs = [...new Set(this.#plan.features.map((feature) => feature.input))];
    const used = inputs.filter((input) => body.includes(`${valuesName(input)}[`));
    const heads = used.map(
      (input) =>
        `const ${valuesName(input)} = t.inputs[${literal(input)}].values, ` +
        `${rowName(input)} = row * t.inputs[${literal(input)}].columns;`,
    );
    heads.push(this.#carried.head(body));
    return this.#unit.addFunction(PARAMETERS, `${SCRATCH} ${heads.join(' ')}\n${body}\nreturn p;`);
  }
}

function isReadable(node: AvroNode): boolean {
  return node.kind !== 'null' && node.kind !== 'bytes' && node.kind !== 'fixed'
    ? true
    : 'logical' in node && node.logical !== undefined;
}

/** The writer's field for a name: of that name, or of one the reader schema knows it by. */
function writerField(
  node: RecordNode,
  name: string,
  readerField: AvroField | undefined,
): AvroField | undefined {
  const named = node.fields.find((field) => field.name === name);
  return named ?? node.fields.find((field) => readerField?.aliases.includes(field.name));
}

function readerBranch(reader: AvroNode | undefined, branch: AvroNode): AvroNode | undefined {
  return reader?.kind === 'union' ? reader.branches[branchFor(branch, reader)] : reader;
}

function readerInner(reader: AvroNode | undefined, kind: 'array' | 'map'): AvroNode | undefined {
  if (reader?.kind === 'union')
    return readerInner(
      reader.branches.find((branch) => branch.kind === kind),
      kind,
    );
  if (reader?.kind === 'array' && kind === 'array') return reader.items;
  return reader?.kind === 'map' && kind === 'map' ? reader.values : undefined;
}
