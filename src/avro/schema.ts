/**
 * Avro schemas as a graph of nodes: names resolved, cycles allowed, logical types kept, docs dropped. A named type is one
 * node however often it is used, so nodes are compared by identity.
 */

export type Logical =
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: LogicalName };

export type LogicalName =
  | 'date'
  | 'time-millis'
  | 'time-micros'
  | 'timestamp-millis'
  | 'timestamp-micros'
  | 'timestamp-nanos'
  | 'local-timestamp-millis'
  | 'local-timestamp-micros'
  | 'local-timestamp-nanos'
  | 'uuid'
  | 'duration';

export type PrimitiveName = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string';

export interface PrimitiveNode {
  readonly kind: PrimitiveName;
  readonly logical?: Logical;
}

export interface FixedNode {
  readonly kind: 'fixed';
  readonly name: string;
  readonly aliases: readonly string[];
  readonly size: number;
  readonly logical?: Logical;
}

export interface EnumNode {
  readonly kind: 'enum';
  readonly name: string;
  readonly aliases: readonly string[];
  readonly symbols: readonly string[];
  readonly default?: string;
}

export interface AvroField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: AvroNode;
  /** The default as the schema's JSON has it; undefined when there is none. */
  readonly default?: unknown;
}

export interface RecordNode {
  readonly kind: 'record';
  readonly name: string;
  readonly aliases: readonly string[];
  /** Filled after the node exists, since a field may refer to its own record. */
  readonly fields: readonly AvroField[];
}

export interface ArrayNode {
  readonly kind: 'array';
  readonly items: AvroNode;
}

export interface MapNode {
  readonly kind: 'map';
  readonly values: AvroNode;
}

export interface UnionNode {
  readonly kind: 'union';
  readonly branches: readonly AvroNode[];
}

export type NamedNode = FixedNode | EnumNode | RecordNode;
export type AvroNode = PrimitiveNode | NamedNode | ArrayNode | MapNode | UnionNode;

export function isNamed(node: AvroNode): node is NamedNode {
  return node.kind === 'record' || node.kind === 'enum' || node.kind === 'fixed';
}

/** The part of a full name after the last dot. */
export function simpleName(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1);
}

/** What a node is, in a few words for messages: `long (timestamp-millis)`, `record shop.Terminal`, `[null, double]`. */
export function typeName(node: AvroNode): string {
  switch (node.kind) {
    case 'record':
    case 'enum':
      return `${node.kind} ${node.name}`;
    case 'fixed':
      return node.logical ? `fixed (${node.logical.kind})` : `fixed ${node.name}`;
    case 'array':
      return `array of ${typeName(node.items)}`;
    case 'map':
      return `map of ${typeName(node.values)}`;
    case 'union':
      return `[${node.branches.map(typeName).join(', ')}]`;
    default:
      return node.logical ? `${node.kind} (${node.logical.kind})` : node.kind;
  }
}

/** Bytes every value of the node takes, when that is always the same and any bytes are valid; otherwise undefined. */
export function fixedSize(node: AvroNode): number | undefined {
  switch (node.kind) {
    case 'null':
      return 0;
    case 'float':
      return 4;
    case 'double':
      return 8;
    case 'fixed':
      return node.size;
    default:
      return undefined;
  }
}

const zeroSizes = new WeakMap<AvroNode, boolean>();

/** Whether the node's values take no bytes at all. A record that can never end (it holds itself) is not such a node. */
export function isZeroSize(node: AvroNode): boolean {
  if (node.kind !== 'record') return fixedSize(node) === 0;
  const known = zeroSizes.get(node);
  if (known !== undefined) return known;
  zeroSizes.set(node, false);
  const zero = node.fields.every((field) => isZeroSize(field.type));
  zeroSizes.set(node, zero);
  return zero;
}

/** Nodes directly inside a node. */
export function innerNodes(node: AvroNode): readonly AvroNode[] {
  switch (node.kind) {
    case 'record':
      return node.fields.map((field) => field.type);
    case 'array':
      return [node.items];
    case 'map':
      return [node.values];
    case 'union':
      return node.branches;
    default:
      return [];
  }
}
