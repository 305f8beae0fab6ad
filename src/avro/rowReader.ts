import { TidemarkError } from '../errors.ts';
import { READ_OK, READ_SKIPPED, type Rejection, type RowReader, type RowTarget } from '../pipeline/ports.ts';
import { CarriedCode } from './carriedCode.ts';
import { CodeUnit, literal } from './codeUnit.ts';
import { fillProblem } from './featureCode.ts';
import { cut, Findings, type SchemaFault } from './findings.ts';
import { FRAME_BYTES } from './framing.ts';
import { type IdReader, idFeature, idReaderOf } from './idReader.ts';
import { parseSchemaText, type SchemaReference } from './parseSchema.ts';
import { type RowPlan, wantedOf } from './plan.ts';
import { branchFor } from './resolution.ts';
import { RowCode } from './rowCode.ts';
import { type AvroNode, simpleName, typeName } from './schema.ts';
import { Skips, switchCode } from './skipCode.ts';
import * as wire from './wire.ts';

type Read = (b: Uint8Array, start: number, end: number, row: number, target: RowTarget) => number;

interface Compiled {
  readonly faults: readonly SchemaFault[];
  readonly rejections: readonly (Rejection | undefined)[];
  readonly read: () => Read;
}

/**
 * Compiles the reader for events of one writer schema (JSON text, with the schemas it refers to).
 * Never throws for what a registry may hold: a schema that is no Avro, or that cannot serve the plan, gives a reader that
 * rejects every event with E-SCHEMA-UNUSABLE and all the reasons.
 */
export function compileRowReader(
  schemaId: number,
  schema: string,
  references: readonly SchemaReference[],
  plan: RowPlan,
): SchemaReader {
  try {
    const node = parseSchemaText(schema, references);
    const { rejections, read } = compile(node, plan);
    return new CompiledRowReader(schemaId, read(), rejections, lazyIdReader(node, plan));
  } catch (cause) {
    const detail = unusable(cause);
    if (detail === undefined) throw cause;
    return rejectingRowReader(schemaId, { code: 'E-SCHEMA-UNUSABLE', detail: cut(detail) });
  }
}

/** A reader that rejects every event for one reason: an id that the registry does not know, or a schema that cannot serve. */
export function rejectingRowReader(schemaId: number, rejection: Rejection): SchemaReader {
  const rejections: (Rejection | undefined)[] = [];
  rejections[wire.UNUSABLE] = rejection;
  return new CompiledRowReader(
    schemaId,
    () => wire.UNUSABLE,
    rejections,
    () => undefined,
  );
}

/**
 * How events of a schema serve a plan: everything that is absent or of the wrong type, whether it rejects every event of the
 * schema (`blocks`) or only some.
 * @throws TidemarkError E-SCHEMA-UNUSABLE when the schema branches too widely along the plan's paths to be compiled.
 */
export function analyseSchema(schema: AvroNode, plan: RowPlan): readonly SchemaFault[] {
  return compile(schema, plan).faults;
}

/** What keeps the plan's id from being read from events of a schema. It costs no event: rejections only go without a name. */
export function analyseId(schema: AvroNode, { id, records }: RowPlan): readonly SchemaFault[] {
  if (id === undefined) return [];
  const faultsAs = (type: 'string' | 'int64') => {
    const plan = { features: [{ ...idFeature(id), type }], carried: [], ...(records && { records }) };
    return compile(schema, plan).faults.filter((fault) => fault.blocks);
  };
  const asText = faultsAs('string');
  if (asText.length === 0 || faultsAs('int64').length === 0) return [];
  const expected = 'a string, enum, UUID, int or long';
  return asText.map((fault) => ({ ...fault, of: 'id', expected, blocks: false }));
}

/** A reader that knows whether its schema serves at all. */
export interface SchemaReader extends RowReader {
  /** Why every event of the schema is rejected; undefined when that depends on the event. */
  readonly unusable: Rejection | undefined;
}

class CompiledRowReader implements SchemaReader {
  readonly schemaId: number;
  readonly read: Read;
  readonly idOf: IdReader;
  readonly #rejections: readonly (Rejection | undefined)[];

  constructor(schemaId: number, read: Read, rejections: readonly (Rejection | undefined)[], idOf: IdReader) {
    this.schemaId = schemaId;
    this.read = read;
    this.idOf = idOf;
    this.#rejections = rejections;
  }

  get unusable(): Rejection | undefined {
    return this.#rejections[wire.UNUSABLE];
  }

  explain(result: number): Rejection {
    const rejection = this.#rejections[result];
    if (!rejection)
      throw new TidemarkError('E-INTERNAL', `${result} is no rejection of schema ${this.schemaId}`);
    return rejection;
  }
}

/** Compiled when the first event is rejected: most schemas never need it. */
function lazyIdReader(node: AvroNode, plan: RowPlan): IdReader {
  const { id, readerSchema } = plan;
  if (!id) return () => undefined;
  let made: IdReader | undefined;
  return (bytes, start, end) => {
    made ??= idReaderOf(node, id, (schema, feature) => {
      const idPlan = { features: [feature], carried: [], ...(readerSchema && { readerSchema }) };
      const { faults, read } = compile(schema, idPlan);
      return faults.some((fault) => fault.blocks) ? undefined : read();
    });
    return made(bytes, start, end);
  };
}

function unusable(cause: unknown): string | undefined {
  if (cause instanceof TidemarkError && cause.code === 'E-SCHEMA-UNUSABLE') return cause.message;
  // The stack: types chained thousands deep, each of them small.
  return cause instanceof RangeError ? `its types are nested too deep (${cause.message})` : undefined;
}

function compile(node: AvroNode, plan: RowPlan): Compiled {
  const findings = new Findings(plan);
  const draft = emitRoot(node, plan, findings, undefined);
  const none: SchemaFault[] = [];
  const faults = draft.counts ? draft.faults() : none.concat(recordsFault(node, plan));
  const blocking = faults.filter((fault) => fault.blocks);
  const code = blocking.length > 0 ? emitRoot(node, plan, new Findings(plan), wire.UNUSABLE) : draft;
  return { faults, rejections: findings.rejections(blocking), read: code.read };
}

function emitRoot(node: AvroNode, plan: RowPlan, findings: Findings, refused: number | undefined) {
  const unit = new CodeUnit();
  const skips = new Skips();
  const carried = new CarriedCode(plan.carried, unit, skips, findings);
  const code = new RowCode(plan, unit, skips, findings, carried);
  const wanted = wantedOf(plan);
  const { readerSchema, records } = plan;
  let counts = false;
  const one = (type: AvroNode, reader: AvroNode | undefined): string => {
    if (!isCounted(type, records)) return `return -${READ_SKIPPED};`;
    counts = true;
    return refused === undefined
      ? code.emit(wanted, type, { reader, inDefault: false })
      : `return -${refused};`;
  };
  const readerFor = (type: AvroNode) =>
    readerSchema?.kind === 'union' ? readerSchema.branches[branchFor(type, readerSchema)] : readerSchema;
  const body =
    node.kind === 'union' && records
      ? switchCode(
          unit,
          node.branches.map((branch) => one(branch, readerFor(branch))),
        )
      : one(node, node.kind === 'union' ? readerSchema : readerFor(node));
  const eventTime = plan.eventTime ? '' : 't.eventTimes[row] = NaN;\n';
  const root = code.addFunction(eventTime + body);
  return {
    counts,
    faults: () => {
      carried.tellRefused();
      plan.features.forEach((feature) => {
        const problem = fillProblem(feature);
        const { name, path } = feature;
        if (problem)
          findings.add({ of: 'feature', name, path, problem, expected: 'a fill that fits', blocks: true });
      });
      return findings.faults((index) => carried.isRequired(index));
    },
    read: () => unit.compile<Read>(readFunction(unit, root)),
  };
}

function readFunction(unit: CodeUnit, root: string): string {
  const [viewOf, reset] = [unit.constant(wire.viewOf), unit.constant(wire.resetZeroSizeItems)];
  return `function (b, start, end, row, t) {
if (start < 0 || end > b.length || end - start < ${literal(FRAME_BYTES)} || b[start] !== 0) return ${wire.FRAME};
${reset}();
const p = ${root}(b, start + ${literal(FRAME_BYTES)}, end, row, t, ${viewOf}(b));
return p === end ? ${READ_OK} : p < 0 ? -p : ${wire.TRAILING};
}`;
}

function isCounted(node: AvroNode, records: readonly string[] | undefined): boolean {
  if (!records) return true;
  return node.kind === 'record' && (records.includes(node.name) || records.includes(simpleName(node.name)));
}

function recordsFault(node: AvroNode, plan: RowPlan): SchemaFault {
  const names = (plan.records ?? []).join(', ');
  return {
    of: 'records',
    name: names,
    path: [],
    problem: `the schema is ${typeName(node)}: all its events are skipped`,
    expected: `a record named ${names}`,
    blocks: false,
  };
}
