import type { CarriedField, RowTarget } from '../pipeline/ports.ts';
import { append } from './byteBuffer.ts';
import { type CodeUnit, literal } from './codeUnit.ts';
import { encodeDefault } from './defaults.ts';
import type { Findings } from './findings.ts';
import { parseSchema } from './parseSchema.ts';
import { sameEncoding } from './resolution.ts';
import { type AvroNode, typeName } from './schema.ts';
import type { Skips } from './skipCode.ts';
import { Misfit, Transcoders } from './transcode.ts';

/** How the carried fields wanted at one node are served there. */
export interface Carrying {
  /** Those that are; the others are to be asked of the union's branches. */
  readonly settled: ReadonlySet<number>;
  /** Puts their code around `body`, which passes the value; without one they pass it themselves, or `skip` does. */
  around(body: string | undefined, skip: () => string): string;
}

/** Code for carried fields: spans where the event's bytes serve as they are, transcoded bytes where not. */
export class CarriedCode {
  readonly #fields: readonly CarriedField[];
  readonly #schemas: readonly AvroNode[];
  readonly #transcoders: readonly Transcoders[];
  /** By field: whether a node's values are the field's as they stand. */
  readonly #compared: readonly Map<AvroNode, boolean>[];
  readonly #unit: CodeUnit;
  readonly #findings: Findings;
  /** Fields that may be null or absent where the output has no place for that. */
  readonly #absentRefused = new Set<number>();

  constructor(fields: readonly CarriedField[], unit: CodeUnit, skips: Skips, findings: Findings) {
    this.#fields = fields;
    this.#schemas = fields.map((field) => parseSchema(field.schema));
    this.#transcoders = fields.map((_, index) => new Transcoders(skips, findings.carriedCode(index)));
    this.#compared = fields.map(() => new Map());
    this.#unit = unit;
    this.#findings = findings;
  }

  at(wanted: readonly number[], node: AvroNode, inDefault: boolean): Carrying {
    const settled = new Set<number>();
    const spanned: number[] = [];
    const calls: { index: number; run: string }[] = [];
    let refused = '';
    for (const index of wanted) {
      const to = this.#schemas[index]!;
      if (this.#isSame(index, node)) spanned.push(index);
      else if (node.kind === 'union') continue;
      else {
        const run = this.#transcoders[index]!.of(node, to);
        if (run instanceof Misfit) {
          this.#findings.wrong({ of: 'carried', index }, run.problem);
          refused = `return -${this.#findings.carriedCode(index)};`;
        } else calls.push({ index, run: this.#unit.constant(run) });
      }
      settled.add(index);
    }
    for (const index of [...spanned, ...calls.map((call) => call.index)])
      this.#findings.found({ of: 'carried', index });
    return { settled, around: (body, skip) => refused + this.#around(spanned, calls, inDefault, body, skip) };
  }

  #isSame(index: number, node: AvroNode): boolean {
    const compared = this.#compared[index]!;
    const same = compared.get(node) ?? sameEncoding(node, this.#schemas[index]!);
    compared.set(node, same);
    return same;
  }

  #around(
    spanned: readonly number[],
    calls: readonly { index: number; run: string }[],
    inDefault: boolean,
    body: string | undefined,
    skip: () => string,
  ): string {
    const start = this.#unit.fresh();
    const last = calls.length - 1;
    const transcoding = calls.map(({ index, run }, at) => {
      const move = at === last && body === undefined ? 'p = e; ' : '';
      return (
        `{ const o = t.side.length, e = ${run}(b, p, end, t.side, 0); if (e < 0) return e; ${move}` +
        `${this.#store(index, '-1 - o', 't.side.length - o')} }`
      );
    });
    const spans = spanned.map((index) =>
      inDefault
        ? `${this.#unit.constant(carryAside)}(t, so + ${literal(2 * index)}, b, ${start}, p);`
        : this.#store(index, start, `p - ${start}`),
    );
    const walk = body ?? (calls.length > 0 ? '' : skip());
    const mark = spanned.length > 0 ? `const ${start} = p;` : '';
    return `${mark}\n${transcoding.join('\n')}\n${walk}\n${spans.join('\n')}`;
  }

  /** Statements for a field that is null or absent. */
  absent(index: number): string {
    const bytes = this.#nullBytes(index);
    if (!bytes) {
      this.#absentRefused.add(index);
      return `return -${this.#findings.carriedCode(index)};`;
    }
    return `${this.#unit.constant(carryAside)}(t, so + ${literal(2 * index)}, ${this.#unit.constant(bytes)}, 0, ${bytes.length});`;
  }

  /** Whether the output has no place for the field's absence. */
  isRequired(index: number): boolean {
    return this.#nullBytes(index) === undefined;
  }

  #nullBytes(index: number): Uint8Array | undefined {
    return encodeDefault(this.#schemas[index]!, null);
  }

  #store(index: number, start: string, length: string): string {
    return `t.spans[so + ${literal(2 * index)}] = ${start}; t.spans[so + ${literal(2 * index + 1)}] = ${length};`;
  }

  /** Declarations that `body` needs. */
  head(body: string): string {
    return body.includes('so + ') ? `const so = row * ${literal(2 * this.#fields.length)};` : '';
  }

  /** Tells of fields that some events will be rejected for: values that the output has no place for. */
  tellRefused(): void {
    this.#fields.forEach(({ target, path }, index) => {
      if (!this.#findings.isFound({ of: 'carried', index })) return;
      const values = new Set(this.#transcoders[index]!.unplaced);
      if (this.#absentRefused.has(index)) values.add('no value');
      if (values.size === 0) return;
      const expected = typeName(this.#schemas[index]!);
      const problem = `events that hold ${[...values].join(', ')} there are rejected`;
      this.#findings.add({ of: 'carried', name: target, path, problem, expected, blocks: false });
    });
  }
}

function carryAside(target: RowTarget, slot: number, from: Uint8Array, start: number, end: number): void {
  const { side, spans } = target;
  spans[slot] = -1 - side.length;
  spans[slot + 1] = end - start;
  append(side, from, start, end);
}
