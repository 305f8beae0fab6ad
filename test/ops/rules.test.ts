import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { dashboards } from '../../tools/dashboards.ts';
import { faultsOfQuery, knownMetrics } from './support/known.ts';
import { parseQuery } from './support/promql.ts';
import { lacksPromtool, promtool } from './support/promtool.ts';
import { queriesOf } from './support/queries.ts';
import {
  alerts,
  PROMETHEUS,
  queriesInTexts,
  recorded,
  ruleFiles,
  rules,
  testFiles,
} from './support/rules.ts';

const page = readFileSync(join(PROMETHEUS, '../../docs/alerts.md'), 'utf8');

describe('the rules', () => {
  test('are what promtool calls rules', { skip: lacksPromtool }, async () => {
    const files = [...ruleFiles.keys()].map((file) => join(PROMETHEUS, 'rules', file));
    const { ok, text } = await promtool('check', 'rules', ...files);
    assert.ok(ok, text);
  });

  for (const file of testFiles.keys()) {
    test(`do what ${file} says`, { skip: lacksPromtool }, async () => {
      const { ok, text } = await promtool('test', 'rules', join(PROMETHEUS, 'tests', file));
      assert.ok(ok, text);
    });
  }

  test('ask for metrics and labels that there are', () => {
    const known = knownMetrics(recorded);
    for (const rule of rules) {
      for (const query of [rule.expr, ...queriesInTexts(rule)])
        assert.deepEqual(faultsOfQuery(query, known), [], rule.alert ?? rule.record);
    }
  });

  test('record nothing that nobody reads, under names that say the labels left', () => {
    const asked = [
      ...rules.flatMap((rule) => [rule.expr, ...queriesInTexts(rule)]),
      ...dashboards().flatMap((each) => queriesOf(each).map(({ query }) => query)),
    ].flatMap((query) => parseQuery(query).uses.map(({ metric }) => metric));
    for (const { record, expr } of rules) {
      if (record === undefined) continue;
      assert.ok(asked.includes(record), `nothing reads ${record}`);
      const { uses, grouping } = parseQuery(expr);
      const left = new Set([...grouping, ...uses.flatMap(({ metric }) => metric.split(':')[0]!.split('_'))]);
      for (const label of record.split(':')[0]!.split('_')) assert.ok(left.has(label), `${record}: ${label}`);
    }
  });
});

describe('each alert', () => {
  test('says how urgent it is, what is wrong, and where to read on', () => {
    for (const { alert, labels, annotations } of alerts) {
      assert.ok(['page', 'ticket'].includes(labels?.severity ?? ''), `severity of ${alert}`);
      assert.deepEqual(Object.keys(annotations ?? {}), ['summary', 'description', 'runbook_url'], alert);
      assert.equal(annotations!.runbook_url, `docs/alerts.md#${alert!.toLowerCase()}`);
      if (alert === 'TidemarkNeverSeen' || alert === 'TidemarkReplicaDown') continue;
      for (const text of [annotations!.summary!, annotations!.description!])
        assert.ok(
          text.includes('{{ $labels.pipeline }}'),
          `${alert} does not say of which pipeline: ${text}`,
        );
    }
  });

  test('has its section in docs/alerts.md, with its severity, its meaning and what to do', () => {
    const sections = new Map(
      page
        .split('\n### ')
        .slice(1)
        .map((section) => [section.split('\n', 1)[0]!, section] as const),
    );
    assert.deepEqual([...sections.keys()].toSorted(), alerts.map(({ alert }) => alert!).toSorted());
    for (const { alert, labels } of alerts) {
      const section = sections.get(alert!)!;
      assert.match(section, new RegExp(`\\*\\*${labels!.severity}\\*\\*`), alert);
      for (const part of ['**Look**', '**Do**']) assert.ok(section.includes(part), `${alert} lacks ${part}`);
    }
  });

  test('has a test in which it fires and one in which it keeps quiet', () => {
    const expectations = [...testFiles.values()].flatMap(({ tests }) =>
      tests.flatMap(({ alert_rule_test = [] }) => alert_rule_test),
    );
    for (const { alert } of alerts) {
      const own = expectations.filter(({ alertname }) => alertname === alert);
      assert.ok(
        own.some(({ exp_alerts }) => exp_alerts.length > 0),
        `${alert} never fires in a test`,
      );
      assert.ok(
        own.some(({ exp_alerts }) => exp_alerts.length === 0),
        `${alert} never keeps quiet in a test`,
      );
    }
  });
});

test('tests of rules evaluate what is recorded before what reads it, at every moment', () => {
  for (const [file, { rule_files, group_eval_order }] of testFiles) {
    const groups = rule_files.flatMap((path) => ruleFiles.get(path.replace('../rules/', ''))!.groups);
    for (const { name } of groups)
      assert.ok(group_eval_order.includes(name), `${file} does not order ${name}`);
  }
});

describe('the check of queries', () => {
  const known = knownMetrics(recorded);
  const caught = [
    ['rate(tidemark_event_total[5m])', /no metric tidemark_event_total/],
    ['tidemark_paused{dependency="sink"}', /tidemark_paused has no label dependency/],
    ['sum by (topic) (tidemark_leases)', /no metric here has a label topic/],
    ['max by (code) (tidemark_partition_lag_seconds) > on (pipeline) tidemark_leases', /has a label code/],
    ['tidemark_batch_rows', /no metric tidemark_batch_rows/],
    ['pipeline:tidemark_lag_records:avg', /no metric pipeline:tidemark_lag_records:avg/],
    ['pipeline:tidemark_lag_records:sum{partition="1"}', /has no label partition/],
    ['sum(rate(tidemark_leases[5m])', /not PromQL/],
    ['1 > 0', /asks for no metric/],
  ] as const;
  for (const [query, fault] of caught) {
    test(`refuses ${query}`, () => assert.match(faultsOfQuery(query, known).join('\n'), fault));
  }

  test('lets pass what there is', () => {
    const query = 'sum by (pipeline, le) (rate(tidemark_event_latency_seconds_bucket{instance="a"}[5m])) > 0';
    assert.deepEqual(faultsOfQuery(query, known), []);
  });
});
