/** What a model says of its own columns. */
import type { OnnxValue } from '../../model/onnxProto.ts';

/** Metadata keys under which exports keep the names of columns; case, dash and underscore do not matter. */
const NAME_KEYS = new Set([
  'featurenames',
  'features',
  'columnnames',
  'columns',
  'inputnames',
  'featurenamesin',
]);

/** The column names in a model's metadata, as a JSON list or with commas or lines between; undefined when none fits `count`. */
export function namesInMetadata(
  metadata: Readonly<Record<string, string>>,
  count: number | undefined,
): { readonly key: string; readonly names: readonly string[] } | undefined {
  for (const [key, text] of Object.entries(metadata)) {
    if (!NAME_KEYS.has(key.toLowerCase().replace(/[^a-z]/g, ''))) continue;
    const names = namesIn(text);
    const isWhole = names.length > 0 && new Set(names).size === names.length && !names.includes('');
    if (isWhole && (count === undefined || names.length === count)) return { key, names };
  }
  return undefined;
}

function namesIn(text: string): string[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) && parsed.every((name) => typeof name === 'string') ? parsed : [];
  } catch {
    return text
      .trim()
      .split(/[,\n]/)
      .map((name) => name.trim());
  }
}

/** Why an input cannot be fed with rows; undefined when it can. */
export function rowsFault({ name, shape, kind }: OnnxValue): string | undefined {
  if (kind !== 'tensor') return `input ${name} is a ${kind}: export a model whose inputs are tensors`;
  const [rows] = shape ?? ['N'];
  if (
    shape !== undefined &&
    (rows === undefined || (shape.length === 1 && typeof rows === 'number' && rows > 1))
  ) {
    const columns = rows ?? 1;
    return `input ${name} has shape [${shape.join(', ')}], which has no dimension for rows: export it with a batch dimension first, such as [N, ${columns}] (in PyTorch dynamic_axes, in skl2onnx FloatTensorType([None, ${columns}]))`;
  }
  return undefined;
}
