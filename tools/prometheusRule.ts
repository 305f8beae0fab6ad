/** Writes k8s/monitoring/prometheus-rule.yaml from ops/prometheus/rules, for Prometheus' operator: `node tools/prometheusRule.ts`. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

const ROOT = join(import.meta.dirname, '..');
const RULES = 'ops/prometheus/rules/*.yaml';
const OBJECT = 'k8s/monitoring/prometheus-rule.yaml';

/** The groups of all files of rules, as one object of the operator. */
export function prometheusRule(): string {
  const files = globSync(RULES, { cwd: ROOT }).sort();
  const groups = files.flatMap((file) => parse(readFileSync(join(ROOT, file), 'utf8')).groups as object[]);
  const object = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'tidemark', labels: { 'app.kubernetes.io/name': 'tidemark' } },
    spec: { groups },
  };
  return `# Made by tools/prometheusRule.ts from ${RULES}.\n${stringify(object, { lineWidth: 120, aliasDuplicateObjects: false })}`;
}

if (import.meta.main) writeFileSync(join(ROOT, OBJECT), prometheusRule());
