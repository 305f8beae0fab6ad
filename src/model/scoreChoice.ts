import { TENSOR_TYPES } from './card.ts';
import type { OnnxValue } from './onnxProto.ts';

/** The output that is the score, or what it may be. */
export type ScoreChoice =
  | {
      readonly kind: 'clear';
      readonly tensor: string;
      /** Absent where the tensor has one column. */
      readonly column?: number;
      readonly why: string;
    }
  | { readonly kind: 'open'; readonly candidates: readonly ScoreCandidate[] };

export interface ScoreCandidate {
  readonly tensor: string;
  /** Values per row; undefined when the file does not say. */
  readonly columns: number | undefined;
}

/** The output most likely meant by the score, where only one can be meant: of two classes the probability of the second. */
export function chooseScore(outputs: readonly OnnxValue[]): ScoreChoice {
  const served = outputs.filter((output) => isServed(output));
  const floats = served.filter(({ type }) => type.startsWith('float'));
  const named = floats.filter(({ name }) => /score|prob/i.test(name));
  const likely = named.length > 0 ? named : floats;
  const [only] = likely;
  // Beside a ZipMap, which holds the probabilities, a number is the label.
  const others = outputs.some(({ zipMap }) => zipMap) ? [] : served.filter(({ type }) => type !== 'string');
  const candidates = (likely.length > 0 ? likely : others).map((output) => ({
    tensor: output.name,
    columns: declaredColumns(output),
  }));
  if (only === undefined || likely.length > 1) return { kind: 'open', candidates };
  const columns = declaredColumns(only);
  if (columns === 1) return { kind: 'clear', tensor: only.name, why: 'the only output of its kind' };
  if (columns !== 2) return { kind: 'open', candidates };
  return { kind: 'clear', tensor: only.name, column: 1, why: 'the second of two classes' };
}

/** Whether Tidemark feeds or fetches such a value: a tensor of a type that it takes, and no ZipMap. */
export function isServed({ kind, type, zipMap }: OnnxValue): boolean {
  return kind === 'tensor' && !zipMap && isServedType(type);
}

export function isServedType(type: string): boolean {
  return TENSOR_TYPES.some((served) => served === type);
}

/** Values per row, as far as the file says; undefined when it does not. */
export function declaredColumns({ shape }: OnnxValue): number | undefined {
  if (shape === undefined || shape.length === 0) return undefined;
  const rest = shape.slice(1);
  if (rest.some((dim) => typeof dim === 'string')) return undefined;
  return rest.reduce<number>((product, dim) => product * Number(dim), 1);
}
