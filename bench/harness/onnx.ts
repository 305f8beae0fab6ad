/**
 * Small ONNX models of three kinds, written field by field and the same each time: what one would export from a logistic
 * regression, 100 boosted trees and a small dense net, with weights that were drawn instead of learnt.
 */
import protobuf from 'protobufjs';
import { Random } from 'random';

export const MODEL_KINDS = ['logistic', 'trees', 'dense'] as const;
export type ModelKind = (typeof MODEL_KINDS)[number];

export const TREES = 100;
export const TREE_DEPTH = 6;
export const HIDDEN = [64, 32] as const;

/** The parts of onnx.proto that are written here; field numbers are its own. */
const SUBSET = `
syntax = "proto3";
message ModelProto {
  int64 ir_version = 1; string producer_name = 2; GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8;
}
message OperatorSetIdProto { string domain = 1; int64 version = 2; }
message GraphProto {
  repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5;
  repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12;
}
message NodeProto {
  repeated string input = 1; repeated string output = 2; string op_type = 4; repeated AttributeProto attribute = 5; string domain = 7;
}
message AttributeProto {
  string name = 1; int64 i = 3; repeated float floats = 7; repeated int64 ints = 8; repeated bytes strings = 9;
  int32 type = 20;
}
message TensorProto { repeated int64 dims = 1; int32 data_type = 2; repeated float float_data = 4; string name = 8; }
message ValueInfoProto { string name = 1; TypeProto type = 2; }
message TypeProto { Tensor tensor_type = 1; message Tensor { int32 elem_type = 1; TensorShapeProto shape = 2; } }
message TensorShapeProto {
  repeated Dimension dim = 1;
  message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
}`;

const ModelProto = protobuf.parse(SUBSET, { keepCase: true }).root.lookupType('ModelProto');

const FLOAT = 1;
/** Values of AttributeProto.AttributeType. */
const TYPE = { int: 2, floats: 6, ints: 7, texts: 8 } as const;
const IR_VERSION = 8;
const OPSET = 13;
const TREES_DOMAIN = 'ai.onnx.ml';
const TREES_OPSET = 3;
/** Its weights and thresholds are of the same draw in every run. */
const SEED = 'bench models';

type Node = { input: string[]; output: string[]; op_type: string; attribute?: object[]; domain?: string };
interface Graph {
  readonly nodes: Node[];
  readonly weights: object[];
}

/** The bytes of a model with one input `features` [N, columns] and one output `score` [N, 1] between 0 and 1. */
export function onnxModel(kind: ModelKind, columns: number): Uint8Array {
  const random = new Random(`${SEED} ${kind} ${columns}`);
  const { nodes, weights } = kind === 'trees' ? trees(columns, random) : layers(kind, columns, random);
  return encoded(kind, columns, { nodes, weights });
}

/**
 * The same for a net so deep that it is slow and still a small file: its hidden layers share one matrix of `width` by `width`,
 * which each row is multiplied with `depth` times.
 */
export function deepModel(columns: number, width: number, depth: number): Uint8Array {
  const random = new Random(`${SEED} deep ${columns}`);
  const shared = { weight: 'weight_shared', bias: 'bias_shared' };
  const nodes = [
    ...dense('features', 'weight_first', 'bias_shared', 'hidden_0', 'Relu'),
    ...Array.from({ length: depth }, (_, layer) =>
      dense(`hidden_${layer}`, shared.weight, shared.bias, `hidden_${layer + 1}`, 'Relu'),
    ).flat(),
    ...dense(`hidden_${depth}`, 'weight_last', 'bias_last', 'score', 'Sigmoid'),
  ];
  const weights = [
    drawn('weight_first', [columns, width], random),
    drawn(shared.weight, [width, width], random),
    drawn(shared.bias, [width], random),
    drawn('weight_last', [width, 1], random),
    drawn('bias_last', [1], random),
  ];
  return encoded('deep', columns, { nodes, weights });
}

function encoded(kind: string, columns: number, { nodes, weights }: Graph): Uint8Array {
  return ModelProto.encode(
    ModelProto.create({
      ir_version: IR_VERSION,
      producer_name: 'tidemark bench',
      opset_import: [
        { domain: '', version: OPSET },
        ...(kind === 'trees' ? [{ domain: TREES_DOMAIN, version: TREES_OPSET }] : []),
      ],
      graph: {
        name: kind,
        node: nodes,
        initializer: weights,
        input: [value('features', columns)],
        output: [value('score', 1)],
      },
    }),
  ).finish();
}

function value(name: string, columns: number): object {
  const shape = { dim: [{ dim_param: 'N' }, { dim_value: columns }] };
  return { name, type: { tensor_type: { elem_type: FLOAT, shape } } };
}

/** Dense layers with Relu between them and a Sigmoid at the end; without hidden ones that is a logistic regression. */
function layers(kind: 'logistic' | 'dense', columns: number, random: Random): Graph {
  const widths = [columns, ...(kind === 'dense' ? HIDDEN : []), 1];
  const nodes: Node[] = [];
  const weights: object[] = [];
  let from = 'features';
  for (let layer = 1; layer < widths.length; layer++) {
    const [rows, width] = [widths[layer - 1]!, widths[layer]!];
    const last = layer === widths.length - 1;
    const draw = random.normal(0, 1 / Math.sqrt(rows));
    const names = { weight: `weight_${layer}`, bias: `bias_${layer}` };
    weights.push(
      {
        name: names.weight,
        data_type: FLOAT,
        dims: [rows, width],
        float_data: Array.from({ length: rows * width }, draw),
      },
      { name: names.bias, data_type: FLOAT, dims: [width], float_data: Array.from({ length: width }, draw) },
    );
    const to = last ? 'score' : `hidden_${layer}`;
    nodes.push(...dense(from, names.weight, names.bias, to, last ? 'Sigmoid' : 'Relu'));
    from = to;
  }
  return { nodes, weights };
}

function dense(
  from: string,
  weight: string,
  bias: string,
  to: string,
  activation: 'Relu' | 'Sigmoid',
): Node[] {
  const sum = `sum_of_${to}`;
  return [
    { op_type: 'Gemm', input: [from, weight, bias], output: [sum] },
    { op_type: activation, input: [sum], output: [to] },
  ];
}

function drawn(name: string, dims: readonly number[], random: Random): object {
  const draw = random.normal(0, 1 / Math.sqrt(dims[0]!));
  const float_data = Array.from({ length: dims.reduce((size, dim) => size * dim, 1) }, draw);
  return { name, data_type: FLOAT, dims, float_data };
}

/** Full binary trees over standard normal columns: node n has the children 2n+1 and 2n+2. */
function trees(columns: number, random: Random): Graph {
  const threshold = random.normal(0, 1);
  const weight = random.normal(0, 1 / Math.sqrt(TREES));
  const column = random.uniformInt(0, columns - 1);
  const inner = 2 ** TREE_DEPTH - 1;
  const size = 2 * inner + 1;
  const at = Array.from({ length: TREES * size }, (_, index) => ({
    tree: Math.floor(index / size),
    node: index % size,
  }));
  const leaves = at.filter(({ node }) => node >= inner);
  const isInner = ({ node }: { node: number }) => node < inner;
  const ofNodes = {
    treeids: ints(at.map(({ tree }) => tree)),
    nodeids: ints(at.map(({ node }) => node)),
    featureids: ints(at.map((each) => (isInner(each) ? column() : 0))),
    modes: texts(at.map((each) => (isInner(each) ? 'BRANCH_LEQ' : 'LEAF'))),
    values: floats(at.map((each) => (isInner(each) ? threshold() : 0))),
    truenodeids: ints(at.map((each) => (isInner(each) ? 2 * each.node + 1 : 0))),
    falsenodeids: ints(at.map((each) => (isInner(each) ? 2 * each.node + 2 : 0))),
  };
  const ofLeaves = {
    treeids: ints(leaves.map(({ tree }) => tree)),
    nodeids: ints(leaves.map(({ node }) => node)),
    ids: ints(leaves.map(() => 0)),
    weights: floats(leaves.map(weight)),
  };
  const attribute = [
    ...Object.entries(ofNodes).map(([name, list]) => ({ name: `nodes_${name}`, ...list })),
    ...Object.entries(ofLeaves).map(([name, list]) => ({ name: `target_${name}`, ...list })),
    { name: 'n_targets', type: TYPE.int, i: 1 },
  ];
  const ensemble = { op_type: 'TreeEnsembleRegressor', domain: TREES_DOMAIN, attribute };
  return {
    nodes: [
      { ...ensemble, input: ['features'], output: ['sum'] },
      // The ensemble's own post_transform is left undone by ONNX Runtime where there is one target.
      { op_type: 'Sigmoid', input: ['sum'], output: ['score'] },
    ],
    weights: [],
  };
}

function ints(values: number[]): object {
  return { type: TYPE.ints, ints: values };
}

function floats(values: number[]): object {
  return { type: TYPE.floats, floats: values };
}

function texts(values: string[]): object {
  return { type: TYPE.texts, strings: values.map((text) => Buffer.from(text)) };
}
