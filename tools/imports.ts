/** What a TypeScript file reaches for: the modules it imports in any way, and the process-wide things it uses. */
import { parseSync, Visitor } from 'oxc-parser';

export interface Use {
  /** A module specifier as written, `process.env`, `process.stdout`, `console`, or `computed` for an import of no fixed module. */
  readonly what: string;
  readonly kind: 'import' | 'global';
  readonly line: number;
}

const WATCHED_OF_PROCESS = ['env', 'stdout'];

function propertyName(property: { type: string; name?: unknown }): unknown {
  return property.type === 'Identifier' ? property.name : undefined;
}

/** @throws Error when the file does not parse. */
export function usesOf(file: string, source: string): Use[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`);
  const uses: Use[] = [];
  const add = (what: string, kind: Use['kind'], start: number): void => {
    uses.push({ what, kind, line: source.slice(0, start).split('\n').length });
  };
  const addModule = (node: { type: string; start: number; value?: unknown } | null): void => {
    if (node === null) return;
    add(typeof node.value === 'string' ? node.value : 'computed', 'import', node.start);
  };
  new Visitor({
    ImportDeclaration: (node) => addModule(node.source),
    ExportAllDeclaration: (node) => addModule(node.source),
    ExportNamedDeclaration: (node) => addModule(node.source),
    ImportExpression: (node) => addModule(node.source),
    TSImportType: (node) => addModule(node.source),
    TSExternalModuleReference: (node) => addModule(node.expression),
    CallExpression: (node) => {
      const name = node.callee.type === 'Identifier' ? node.callee.name : undefined;
      if (name === 'require' && node.arguments[0]) addModule(node.arguments[0]);
    },
    MemberExpression: (node) => {
      if (node.object.type !== 'Identifier') return;
      if (node.object.name === 'console') add('console', 'global', node.start);
      if (node.object.name !== 'process') return;
      const property = node.property.type === 'Literal' ? node.property.value : propertyName(node.property);
      if (WATCHED_OF_PROCESS.includes(String(property))) add(`process.${property}`, 'global', node.start);
    },
    VariableDeclarator: (node) => {
      // `const { env } = process` takes it without naming process.env.
      if (node.init?.type !== 'Identifier' || node.init.name !== 'process') return;
      add('process.env', 'global', node.start);
    },
  }).visit(program);
  return uses;
}
