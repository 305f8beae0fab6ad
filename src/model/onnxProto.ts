/**
 * What an ONNX file says of itself and ONNX Runtime does not tell: versions, producer, metadata, declared shapes, weights kept
 * beside the file, outputs that are no tensors. Weights are skipped, not decoded. Field numbers are those of onnx.proto (IR 13).
 */
import protobuf from 'protobufjs';
import { TidemarkError } from '../errors.ts';

/** The parts of onnx.proto read here; everything else in the file is skipped. */
const SUBSET = `
syntax = "proto3";
message ModelProto {
  int64 ir_version = 1; string producer_name = 2; string producer_version = 3; string domain = 4;
  int64 model_version = 5; GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8;
  repeated StringStringEntryProto metadata_props = 14; repeated FunctionProto functions = 25;
}
message OperatorSetIdProto { string domain = 1; int64 version = 2; }
message StringStringEntryProto { string key = 1; string value = 2; }
message FunctionProto { repeated NodeProto node = 7; }
message GraphProto {
  repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5;
  repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12;
}
message NodeProto { repeated string output = 2; string op_type = 4; repeated AttributeProto attribute = 5; }
message AttributeProto {
  TensorProto t = 5; GraphProto g = 6; repeated TensorProto tensors = 10; repeated GraphProto graphs = 11;
}
message TensorProto { string name = 8; repeated StringStringEntryProto external_data = 13; int32 data_location = 14; }
message ValueInfoProto { string name = 1; TypeProto type = 2; }
message TypeProto {
  Tensor tensor_type = 1; Sequence sequence_type = 4; Map map_type = 5; Tensor sparse_tensor_type = 8; Any optional_type = 9;
  message Tensor { int32 elem_type = 1; TensorShapeProto shape = 2; }
  message Sequence { TypeProto elem_type = 1; }
  message Map { int32 key_type = 1; TypeProto value_type = 2; }
  message Any {}
}
message TensorShapeProto {
  repeated Dimension dim = 1;
  message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
}`;

const ModelProto = protobuf.parse(SUBSET, { keepCase: true }).root.lookupType('ModelProto');

/** Names of TensorProto.DataType by number. */
const ELEMENT_TYPES = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
] as const;

const DATA_LOCATION_EXTERNAL = 1;

/** An input or output of the graph. */
export interface OnnxValue {
  readonly name: string;
  readonly kind: 'tensor' | 'sequence' | 'map' | 'other';
  /** Element type of a tensor: float32, int64, string, ... */
  readonly type: string;
  /** A number is fixed, text is a symbol, `?` is unnamed; undefined when the file declares no shape at all. */
  readonly shape: readonly (number | string)[] | undefined;
  /** Made by a ZipMap node: a list of dictionaries instead of a tensor of probabilities. */
  readonly zipMap: boolean;
}

export interface OnnxFile {
  readonly irVersion: number;
  readonly producer: string;
  readonly modelVersion: number;
  /** Domain (empty text is written ai.onnx) and version. */
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Inputs to be fed: initializers that old files list among them are left out. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Files that hold weights, as the model names them (relative to its own folder), sorted. */
  readonly externalFiles: readonly string[];
}

interface Entry {
  key: string;
  value: string;
}
interface RawTensor {
  name: string;
  external_data: Entry[];
  data_location: number;
}
interface RawNode {
  output: string[];
  op_type: string;
  attribute: {
    t: RawTensor | null;
    g: RawGraph | null;
    tensors: RawTensor[];
    graphs: RawGraph[];
  }[];
}
interface RawType {
  tensor_type: RawTensorType | null;
  sequence_type: object | null;
  map_type: object | null;
}
interface RawTensorType {
  elem_type: number;
  shape: { dim: { dim_value?: number; dim_param?: string }[] } | null;
}
interface RawValue {
  name: string;
  type: RawType | null;
}
interface RawGraph {
  node: RawNode[];
  initializer: RawTensor[];
  input: RawValue[];
  output: RawValue[];
}
interface RawModel {
  ir_version: number;
  producer_name: string;
  producer_version: string;
  model_version: number;
  graph: RawGraph | null;
  opset_import: { domain: string; version: number }[];
  metadata_props: Entry[];
  functions: { node: RawNode[] }[];
}

/**
 * Reads the top of an ONNX file. Nesting is bounded by protobufjs (100 levels), size by the bytes given.
 * Throws E-MODEL-PACKAGE when the bytes are no ONNX model; `file` is for the message.
 */
export function readOnnx(bytes: Uint8Array, file: string): OnnxFile {
  const model = decode(bytes, file);
  if (model.graph === null || model.opset_import.length === 0) {
    throw new TidemarkError(
      'E-MODEL-PACKAGE',
      `${file} is not an ONNX model: its bytes hold no graph and opset (a pickle, a checkpoint, an .ort file or a Git LFS pointer?). Export the model to ONNX.`,
    );
  }
  const { graph } = model;
  const initializers = new Set(graph.initializer.map((tensor) => tensor.name));
  const zipMaps = new Set(graph.node.filter((node) => node.op_type === 'ZipMap').flatMap((n) => n.output));
  const externalFiles = new Set<string>();
  addExternalFiles(graph, externalFiles);
  for (const { node } of model.functions) addExternalFilesOfNodes(node, externalFiles);
  return {
    irVersion: model.ir_version,
    producer: [model.producer_name, model.producer_version].filter((part) => part !== '').join(' '),
    modelVersion: model.model_version,
    opsets: opsetsOf(model),
    metadata: Object.fromEntries(model.metadata_props.map(({ key, value }) => [key, value])),
    inputs: graph.input.filter(({ name }) => !initializers.has(name)).map((v) => graphValue(v, zipMaps)),
    outputs: graph.output.map((value) => graphValue(value, zipMaps)),
    externalFiles: [...externalFiles].sort(),
  };
}

/** Each domain once, by name: converters are known to list one twice, and to list them in another order each time. */
function opsetsOf(model: RawModel): OnnxFile['opsets'] {
  const versions = new Map(model.opset_import.map(({ domain, version }) => [domain || 'ai.onnx', version]));
  return [...versions.keys()].sort().map((domain) => ({ domain, version: versions.get(domain)! }));
}

function decode(bytes: Uint8Array, file: string): RawModel {
  try {
    const message = ModelProto.decode(bytes);
    return ModelProto.toObject(message, { longs: Number, defaults: true, arrays: true }) as RawModel;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TidemarkError(
      'E-MODEL-PACKAGE',
      `${file} is not an ONNX model: its bytes do not decode (${why}). It was cut, damaged or is another format.`,
      { cause },
    );
  }
}

function graphValue({ name, type }: RawValue, zipMaps: ReadonlySet<string>): OnnxValue {
  const tensor = type?.tensor_type;
  const zipMap = zipMaps.has(name);
  if (tensor) {
    const shape = tensor.shape?.dim.map((dim) => dim.dim_value ?? (dim.dim_param || '?'));
    return { name, kind: 'tensor', type: elementType(tensor.elem_type), shape, zipMap };
  }
  const kind = type?.sequence_type ? 'sequence' : type?.map_type ? 'map' : 'other';
  return { name, kind, type: kind, shape: undefined, zipMap };
}

function elementType(number: number): string {
  return ELEMENT_TYPES[number] ?? `type ${number}`;
}

function addExternalFiles(graph: RawGraph, found: Set<string>): void {
  for (const tensor of graph.initializer) addExternalFile(tensor, found);
  addExternalFilesOfNodes(graph.node, found);
}

function addExternalFilesOfNodes(nodes: readonly RawNode[], found: Set<string>): void {
  for (const attribute of nodes.flatMap((node) => node.attribute)) {
    if (attribute.t) addExternalFile(attribute.t, found);
    for (const tensor of attribute.tensors) addExternalFile(tensor, found);
    if (attribute.g) addExternalFiles(attribute.g, found);
    for (const graph of attribute.graphs) addExternalFiles(graph, found);
  }
}

function addExternalFile(tensor: RawTensor, found: Set<string>): void {
  if (tensor.data_location !== DATA_LOCATION_EXTERNAL) return;
  const location = tensor.external_data.find(({ key }) => key === 'location')?.value;
  if (location !== undefined) found.add(location);
}
