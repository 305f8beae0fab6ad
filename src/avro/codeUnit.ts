/**
 * One piece of generated code. Nothing from a schema or a configuration ever becomes code: names, texts and tables reach it
 * as closed-over constants, and numbers as literals made here.
 */
export class CodeUnit {
  readonly #constants: unknown[] = [];
  readonly #names = new Map<unknown, string>();
  readonly #functions: string[] = [];
  #count = 0;

  /** A name by which the code can use `value`; the same value has the same name. */
  constant(value: unknown): string {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    const name = `q${this.#constants.push(value) - 1}`;
    this.#names.set(value, name);
    return name;
  }

  /** A variable name that nothing else in the unit uses. */
  fresh(): string {
    return `v${this.#count++}`;
  }

  /** Adds a function to the unit and gives its name. */
  addFunction(parameters: string, body: string): string {
    const name = `c${this.#functions.length}`;
    this.#functions.push(`function ${name}(${parameters}) {\n${body}\n}`);
    return name;
  }

  /** Compiles: `expression` is evaluated where all constants and functions of the unit are in scope. */
  compile<T>(expression: string): T {
    const names = this.#constants.map((_, index) => `q${index}`);
    const source = `'use strict';\n${this.#functions.join('\n')}\nreturn ${expression};`;
    return new Function(...names, source)(...this.#constants) as T;
  }
}

/** A number as a literal of the generated code. */
export function literal(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return 'Infinity';
  if (value === Number.NEGATIVE_INFINITY) return '-Infinity';
  return Object.is(value, -0) ? '-0' : String(Number(value));
}
