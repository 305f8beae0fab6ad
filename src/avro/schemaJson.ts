import type { AvroNode, NamedNode } from './schema.ts';
import { isNamed } from './schema.ts';

/** The schema as JSON that stands alone: each named type is defined where it first occurs, by its full name after that. */
export function schemaJson(node: AvroNode): unknown {
  return toJson(node, { defined: new Set(), logical: true });
}

/** The same without logical types: what the bytes are, not what they mean. */
export function bareSchemaJson(node: AvroNode): unknown {
  return toJson(node, { defined: new Set(), logical: false });
}

interface Writing {
  readonly defined: Set<NamedNode>;
  readonly logical: boolean;
}

function toJson(node: AvroNode, writing: Writing): unknown {
  if (isNamed(node)) {
    if (writing.defined.has(node)) return node.name;
    writing.defined.add(node);
    return namedJson(node, writing);
  }
  switch (node.kind) {
    case 'array':
      return { type: 'array', items: toJson(node.items, writing) };
    case 'map':
      return { type: 'map', values: toJson(node.values, writing) };
    case 'union':
      return node.branches.map((branch) => toJson(branch, writing));
    default:
      return node.logical && writing.logical ? { type: node.kind, ...logicalJson(node.logical) } : node.kind;
  }
}

function namedJson(node: NamedNode, writing: Writing): unknown {
  const aliases = node.aliases.length > 0 ? { aliases: node.aliases } : {};
  // An empty namespace keeps a name without one from falling into the namespace of the type around it.
  const head = {
    type: node.kind,
    name: node.name,
    ...(!node.name.includes('.') && { namespace: '' }),
    ...aliases,
  };
  switch (node.kind) {
    case 'fixed':
      return { ...head, size: node.size, ...(node.logical && writing.logical && logicalJson(node.logical)) };
    case 'enum':
      return {
        ...head,
        symbols: node.symbols,
        ...(node.default !== undefined && { default: node.default }),
      };
    case 'record':
      return {
        ...head,
        fields: node.fields.map((field) => ({
          name: field.name,
          type: toJson(field.type, writing),
          ...(field.aliases.length > 0 && { aliases: field.aliases }),
          ...(field.default !== undefined && { default: field.default }),
        })),
      };
  }
}

function logicalJson(logical: { readonly kind: string }): object {
  const { kind, ...facts } = logical;
  return { logicalType: kind, ...facts };
}
