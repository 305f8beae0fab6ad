/** Spoils the rules in a folder of its own and asks promtool whether their tests notice. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Place, parseQuery } from './promql.ts';
import { promtool } from './promtool.ts';
import { PROMETHEUS, type Rule, ruleFiles, testFiles } from './rules.ts';

/** The rule spoilt, undefined where it has nothing of that kind to spoil, or null where it is taken away. */
export type Mutation = (alert: Rule) => Rule | undefined | null;

export const removed: Mutation = () => null;

/** The comparison that is the `at`th from the left, turned round. */
export function inverted(at: number): Mutation {
  return (alert) => {
    const place = parseQuery(alert.expr).comparisons[at];
    if (place === undefined) return undefined;
    const operator = alert.expr.slice(place.from, place.to);
    return { ...alert, expr: replaced(alert.expr, place, INVERSE[operator]!) };
  };
}

const INVERSE: Readonly<Record<string, string>> = {
  '>': '<=',
  '>=': '<',
  '<': '>=',
  '<=': '>',
  '==': '!=',
  '!=': '==',
};

/** Without the condition (`and ...`, `unless ...`) that is the `at`th from the left. */
export function without(at: number): Mutation {
  return (alert) => {
    const place = parseQuery(alert.expr).conditions[at];
    return place && { ...alert, expr: replaced(alert.expr, place, '') };
  };
}

export const atOnce: Mutation = ({ for: _, ...alert }) => alert;

function replaced(text: string, { from, to }: Place, by: string): string {
  return text.slice(0, from) + by + text.slice(to);
}

export interface Outcome {
  /** Alerts that had something to spoil. */
  readonly spoilt: readonly string[];
  /** Those of them whose tests did not notice. */
  readonly unnoticed: readonly string[];
}

/** Spoils all alerts of all files at once: they know nothing of each other, so that each must be noticed for itself. */
export async function outcomeOf(mutation: Mutation): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-rules-'));
  try {
    await cp(PROMETHEUS, folder, { recursive: true });
    const spoilt = new Map<string, string[]>();
    for (const [file, { groups }] of ruleFiles) {
      const names: string[] = [];
      const mutated = groups.map((group) => ({
        ...group,
        rules: group.rules.flatMap((rule) => {
          const result = rule.alert === undefined ? undefined : mutation(rule);
          if (result === undefined) return [rule];
          names.push(rule.alert!);
          return result ?? [];
        }),
      }));
      if (names.length === 0) continue;
      spoilt.set(file, names);
      await writeFile(
        join(folder, 'rules', file),
        stringify({ groups: mutated.filter(({ rules }) => rules.length > 0) }),
      );
    }
    if (spoilt.size === 0) return { spoilt: [], unnoticed: [] };
    const loads = await promtool(
      'check',
      'rules',
      ...[...spoilt.keys()].map((file) => join(folder, 'rules', file)),
    );
    if (!loads.ok) throw new Error(`The spoilt rules are no rules:\n${loads.text}`);
    const tests = [...testFiles].filter(([, { rule_files }]) =>
      rule_files.some((path) => spoilt.has(path.replace('../rules/', ''))),
    );
    const answers = await Promise.all(
      tests.map(([file]) => promtool('test', 'rules', join(folder, 'tests', file))),
    );
    const names = [...spoilt.values()].flat();
    return {
      spoilt: names,
      unnoticed: names.filter((name) => !answers.some((answer) => isNoticed(name, answer.text))),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** promtool names an alert only where it was not as expected. */
function isNoticed(alert: string, said: string): boolean {
  return said.includes(`alertname: ${alert}, `);
}
