/** How well probabilities of several classes tell which one it is, as scikit-learn's accuracy_score, log_loss and roc_auc_score do. */

export interface ClassMeasures {
  /** Share of the events whose likeliest class is the true one. */
  readonly accuracy: number;
  /** Mean of -ln of the probability that the true class was given. */
  readonly logLoss: number;
  /** For each class, the chance that one of its events gets a higher probability of it than another event does; the plain mean. */
  readonly macroAuc: number;
}

/** Probabilities are float32: below this they are as good as 0. */
const LEAST_PROBABILITY = 2 ** -23;

/** Events with what was said of them, up to a capacity; then the newest take the places of the oldest. */
export class JudgedClasses {
  readonly #classes: number;
  readonly #capacity: number;
  readonly #probabilities: Float32Array;
  readonly #truths: Uint8Array;
  #added = 0;

  /** @param capacity in events; each costs a byte and four for each class */
  constructor(classes: number, capacity: number) {
    this.#classes = classes;
    this.#capacity = capacity;
    this.#probabilities = new Float32Array(classes * capacity);
    this.#truths = new Uint8Array(capacity);
  }

  /** Events that can be measured. */
  get count(): number {
    return Math.min(this.#added, this.#capacity);
  }

  add(truth: number, probabilities: readonly number[]): void {
    const slot = this.#added++ % this.#capacity;
    this.#truths[slot] = truth;
    this.#probabilities.set(probabilities, slot * this.#classes);
  }

  /** Undefined as long as a class has no event, or all. */
  measures(): ClassMeasures | undefined {
    const aucs = Array.from({ length: this.#classes }, (_, of) => this.#auc(of));
    if (!aucs.every((auc) => auc !== undefined)) return undefined;
    let right = 0;
    let loss = 0;
    for (let event = 0; event < this.count; event++) {
      const truth = this.#truths[event]!;
      const of = this.#probabilities.subarray(event * this.#classes, (event + 1) * this.#classes);
      if (of.indexOf(Math.max(...of)) === truth) right++;
      loss -= Math.log(Math.max(of[truth]!, LEAST_PROBABILITY));
    }
    const macroAuc = aucs.reduce((sum, auc) => sum + auc, 0) / this.#classes;
    return { accuracy: right / this.count, logLoss: loss / this.count, macroAuc };
  }

  #auc(ofClass: number): number | undefined {
    const inside: number[] = [];
    const outside: number[] = [];
    for (let event = 0; event < this.count; event++) {
      const probability = this.#probabilities[event * this.#classes + ofClass]!;
      (this.#truths[event] === ofClass ? inside : outside).push(probability);
    }
    if (inside.length === 0 || outside.length === 0) return undefined;
    return (
      pairsWon(Float32Array.from(inside).sort(), Float32Array.from(outside).sort()) /
      (inside.length * outside.length)
    );
  }
}

/** Pairs whose first is above its second, equal ones counted half; both lists ascend. */
function pairsWon(inside: Float32Array, outside: Float32Array): number {
  let below = 0;
  let notAbove = 0;
  let won = 0;
  for (const probability of inside) {
    while (below < outside.length && outside[below]! < probability) below++;
    while (notAbove < outside.length && outside[notAbove]! <= probability) notAbove++;
    won += (below + notAbove) / 2;
  }
  return won;
}
