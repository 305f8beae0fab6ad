/** What a query asks for, by Prometheus' own grammar. */
import { parser } from '@prometheus-io/lezer-promql';

type Node = ReturnType<typeof parser.parse>['topNode'];

/** One metric that a query reads, and the labels it names of it: in its matchers, or in what is done with its series. */
export interface Use {
  readonly metric: string;
  readonly labels: readonly string[];
}

export interface Query {
  readonly uses: readonly Use[];
  /** Labels that aggregations leave and joins look at, of whichever metric they come from. */
  readonly grouping: readonly string[];
  /** Where the text is not PromQL: what stands there. */
  readonly faults: readonly string[];
  /** Comparisons from the left: where their operator stands. */
  readonly comparisons: readonly Place[];
  /** `and X`, `unless X`, from the left, outside of brackets: the whole of each, from its word on. */
  readonly conditions: readonly Place[];
}

export interface Place {
  readonly from: number;
  readonly to: number;
}

const COMPARISONS = new Set(['Gtr', 'Gte', 'Lss', 'Lte', 'EqlC', 'Neq']);
const SET_OPERATORS = new Set(['And', 'Unless', 'Or']);

export function parseQuery(text: string): Query {
  const uses: Use[] = [];
  const grouping: string[] = [];
  const faults: string[] = [];
  const comparisons: Place[] = [];
  const joints: { name: string; from: number }[] = [];
  parser.parse(text).iterate({
    enter({ node, name, from, to, type }) {
      if (type.isError) faults.push(`not PromQL: "${text.slice(Math.max(0, from - 10), to + 30)}"`);
      else if (name === 'VectorSelector') uses.push(useOf(text, node));
      else if (name === 'GroupingLabels') grouping.push(...textsOf(text, node, 'LabelName'));
      else if (COMPARISONS.has(name) && node.parent!.name === 'BinaryExpr') comparisons.push({ from, to });
      else if (SET_OPERATORS.has(name) && isOutermost(text, from)) joints.push({ name, from });
    },
  });
  joints.sort((a, b) => a.from - b.from);
  // By the next joint, not by the tree: the grammar takes what stands before an offset for a part of it.
  const conditions = joints.flatMap(({ name, from }, at) =>
    name === 'Or' ? [] : [{ from, to: joints[at + 1]?.from ?? text.length }],
  );
  return { uses, grouping, faults, comparisons, conditions };
}

function useOf(text: string, selector: Node): Use {
  const [metric = ''] = textsOf(text, selector, 'Identifier');
  return { metric, labels: textsOf(text, selector, 'LabelName') };
}

function textsOf(text: string, within: Node, name: string): string[] {
  const found: string[] = [];
  within.cursor().iterate((node) => {
    if (node.name === name) found.push(text.slice(node.from, node.to));
  });
  return found;
}

function isOutermost(text: string, at: number): boolean {
  const before = text.slice(0, at);
  return before.split('(').length === before.split(')').length;
}
