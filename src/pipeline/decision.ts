/** Rules of a decision, in order; the last has no threshold and always holds. */
export interface DecisionPlan {
  /** Index of the model output that is compared. */
  readonly output: number;
  /** Lower bounds, descending, of all rules but the last. */
  readonly atLeast: Float64Array;
}

export function rulesOf({ atLeast }: DecisionPlan): number {
  return atLeast.length + 1;
}

/** The index of the first rule that holds for a score. */
export function decide(plan: DecisionPlan, score: number): number {
  const { atLeast } = plan;
  for (let rule = 0; rule < atLeast.length; rule++) {
    if (score >= atLeast[rule]) return rule;
  }
  return atLeast.length;
}
