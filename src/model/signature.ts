/** Whether the ONNX model is what its card says: inputs, outputs, types, shapes. Every difference, not just the first. */
import { TidemarkError } from '../errors.ts';
import { type Card, type CardInput, type CardOutput, MODEL_FILE, TENSOR_TYPES } from './card.ts';
import { didYouMean } from './faults.ts';
import type { OnnxFile } from './onnxProto.ts';
import type { InferenceSession } from './ort.ts';
import { columnFault } from './tensors.ts';

type ValueMetadata = InferenceSession.ValueMetadata;

/** Throws E-MODEL-SIGNATURE listing every difference between the session and the card. */
export function verifySignature(session: InferenceSession, onnx: OnnxFile, card: Card): void {
  const faults = [
    ...inputFaults(session.inputMetadata, card),
    ...card.outputs.flatMap((output) => outputFault(session.outputMetadata, onnx, output) ?? []),
  ];
  if (faults.length === 0) return;
  throw new TidemarkError(
    'E-MODEL-SIGNATURE',
    `${MODEL_FILE} of ${card.name} ${card.version} is not what model.yaml says:\n${faults.map((f) => `  ${f}`).join('\n')}`,
  );
}

function inputFaults(inputs: readonly ValueMetadata[], card: Card): string[] {
  const declared = new Map(card.inputs.map((input) => [input.name, input]));
  const extra = card.inputs
    .filter(({ name }) => !inputs.some((input) => input.name === name))
    .map(({ name }) => `input ${name}: not in the model, which takes ${namesOf(inputs)}`);
  const faults = inputs.flatMap((input) => {
    const own = declared.get(input.name);
    if (own === undefined) return [`input ${input.name}: the model needs it, model.yaml does not list it`];
    return inputFault(input, own) ?? [];
  });
  return [...extra, ...faults];
}

function inputFault(input: ValueMetadata, card: CardInput): string | undefined {
  const at = `input ${card.name}`;
  if (!input.isTensor) return `${at}: the model takes a sequence or map, which cannot be fed from features`;
  if (input.type !== card.type) return `${at}: the model takes ${input.type}, model.yaml says ${card.type}`;
  // ONNX Runtime gives an empty shape where the model declares none: then the card decides.
  if (input.shape.length === 0) return undefined;
  const fits =
    input.shape.length === card.shape.length &&
    input.shape.every((dim, i) => typeof dim === 'string' || dim === card.shape[i]);
  if (fits) return undefined;
  return `${at}: the model takes shape ${shapeText(input.shape)}, model.yaml says [${card.shape.join(', ')}] (${card.columns} features)`;
}

/** Why an output of the card cannot be had from the model; undefined when it can. */
export function outputFault(
  outputs: readonly ValueMetadata[],
  onnx: OnnxFile,
  output: CardOutput,
): string | undefined {
  const at = `output ${output.name}`;
  const found = outputs.find(({ name }) => name === output.tensor);
  if (found === undefined) {
    const names = outputs.map(({ name }) => name);
    const zipMap = onnx.outputs.find((each) => each.zipMap);
    const why = zipMap === undefined ? '' : `; ${zipMapFault(zipMap.name)}`;
    return `${at}: no tensor ${output.tensor} in the model${didYouMean(output.tensor, names)}, which gives ${namesOf(outputs)}${why}`;
  }
  if (!found.isTensor) {
    const zipMap = onnx.outputs.some(({ name, zipMap }) => name === output.tensor && zipMap);
    return zipMap
      ? `${at}: ${zipMapFault(output.tensor)}`
      : `${at}: ${output.tensor} is a sequence or map, not a tensor; export the model with a tensor output`;
  }
  if (!TENSOR_TYPES.some((type) => type === found.type)) {
    return `${at}: ${output.tensor} is ${found.type}; expected one of ${TENSOR_TYPES.join(', ')}: add a Cast at the end of the graph`;
  }
  const columns = columnsOf(found.shape);
  if (columns === undefined || (output.column === undefined ? columns === 1 : output.column < columns)) {
    return undefined;
  }
  return columnFault(output, columns);
}

/** What an output that a ZipMap made is, and how to export without it. */
export function zipMapFault(tensor: string): string {
  return `${tensor} is a ZipMap (a list of dictionaries), not a tensor: convert again with options={'zipmap': False} of skl2onnx, or zipmap=False of onnxmltools, and use probabilities`;
}

/**
 * Inputs of a fixed first dimension beside others whose is open, one fault each: an export is known to leave a constant outside the
 * graph (Keras does with a Normalization that was adapted), or the batch dimension of one input fixed.
 */
export function looseConstants(
  inputs: readonly { readonly name: string; readonly shape?: readonly (number | string)[] | undefined }[],
): string[] {
  const open = inputs.find(({ shape }) => typeof shape?.[0] === 'string');
  if (open === undefined) return [];
  return inputs.flatMap(({ name, shape }) =>
    typeof shape?.[0] === 'number'
      ? `input ${name} has shape ${shapeText(shape)}, its first dimension fixed, where input ${open.name} takes any number of rows: make it part of the model if it is a constant (Keras: Rescaling instead of Normalization), export it with a dynamic batch if it is fed per row`
      : [],
  );
}

/** Values per row of a declared shape; undefined when the model does not say. */
function columnsOf(shape: readonly (number | string)[]): number | undefined {
  if (shape.length === 0) return undefined;
  return shape.slice(1).reduce<number | undefined>((product, dim) => {
    return product === undefined || typeof dim === 'string' ? undefined : product * dim;
  }, 1);
}

/** Names, types and shapes, for messages: `label (int64 [?]), probabilities (float32 [?, 2])`. */
function namesOf(values: readonly ValueMetadata[]): string {
  const each = values.map((value) =>
    value.isTensor ? `${value.name} (${value.type} ${shapeText(value.shape)})` : `${value.name} (no tensor)`,
  );
  return each.join(', ');
}

function shapeText(shape: readonly (number | string)[]): string {
  return `[${shape.map((dim) => dim || '?').join(', ')}]`;
}
