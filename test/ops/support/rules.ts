/** The rules of ops/prometheus, as data. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';

export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

export interface TestFile {
  readonly rule_files: readonly string[];
  readonly group_eval_order: readonly string[];
  readonly tests: readonly {
    readonly alert_rule_test?: readonly {
      readonly alertname: string;
      readonly exp_alerts: readonly unknown[];
    }[];
  }[];
}

export const PROMETHEUS = join(import.meta.dirname, '../../../ops/prometheus');

function read<T>(folder: string): Map<string, T> {
  const files = globSync('*.yaml', { cwd: join(PROMETHEUS, folder) }).sort();
  return new Map(
    files.map((file) => [basename(file), parse(readFileSync(join(PROMETHEUS, folder, file), 'utf8')) as T]),
  );
}

/** By file name, in ops/prometheus/rules. */
export const ruleFiles = read<RuleFile>('rules');
/** By file name, in ops/prometheus/tests. */
export const testFiles = read<TestFile>('tests');

export const rules: readonly Rule[] = [...ruleFiles.values()].flatMap(({ groups }) =>
  groups.flatMap((group) => group.rules),
);
export const alerts = rules.filter((rule) => rule.alert !== undefined);
export const recorded = rules.flatMap(({ record }) => record ?? []);

/** Queries that the texts of an alert ask: those given to `query`, with a name in place of each value. */
export function queriesInTexts({ annotations = {} }: Rule): string[] {
  return Object.values(annotations).flatMap((text) =>
    [...text.matchAll(/printf "((?:[^"\\]|\\.)*)"[^}]*\| query/g)].map(([, query]) =>
      query!.replaceAll('%q', '"x"'),
    ),
  );
}
