import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { DASHBOARDS_FOLDER, dashboards, fileOf, textOf } from '../../tools/dashboards.ts';
import { faultsOfQuery, knownMetrics } from './support/known.ts';
import { parseQuery } from './support/promql.ts';
import { panelsOf, queriesOf } from './support/queries.ts';
import { recorded } from './support/rules.ts';

const folder = join(import.meta.dirname, '../..', DASHBOARDS_FOLDER);
const known = knownMetrics(recorded);
const all = dashboards();

test('ops/grafana/dashboards is what tools/dashboards.ts writes', () => {
  assert.deepEqual(globSync('*', { cwd: folder }).sort(), all.map(fileOf).sort());
  for (const dashboard of all)
    assert.equal(
      readFileSync(join(folder, fileOf(dashboard)), 'utf8'),
      textOf(dashboard),
      'run `node tools/dashboards.ts`',
    );
});

for (const dashboard of all) {
  describe(`the dashboard ${dashboard.title}`, () => {
    test('asks for metrics and labels that there are', () => {
      const faults = queriesOf(dashboard).flatMap(({ by, query }) =>
        faultsOfQuery(query, known).map((fault) => `${by}: ${fault}`),
      );
      assert.deepEqual(faults, []);
    });

    test('names its lines by labels that are left', () => {
      for (const { by, query, legend } of queriesOf(dashboard)) {
        const { uses, grouping } = parseQuery(query);
        // Without an aggregation all labels of the metric are left.
        const left = new Set(
          /\b(sum|max|min|count|topk) ?(by )?\(/.test(query)
            ? grouping
            : uses.flatMap(({ metric }) => [...known.get(metric)!]),
        );
        for (const [, label] of legend.matchAll(/\{\{(\w+)\}\}/g))
          assert.ok(left.has(label!), `${by}: {{${label}}} of ${query}`);
      }
    });

    test('asks only for the chosen pipeline', () => {
      const chosen = { pipeline: 'the-chosen-one', replica: '.*' };
      for (const { by, query } of queriesOf(dashboard, chosen)) {
        if (by === 'pipeline') continue;
        for (const { metric, labels } of parseQuery(query).uses)
          assert.ok(labels.includes('pipeline'), `${by}: ${metric} of all pipelines`);
        assert.ok(query.includes('pipeline="the-chosen-one"'), `${by}: ${query}`);
        assert.ok(!query.includes('$'), `${by} asks for what nobody can choose: ${query}`);
      }
    });

    test('has panels that ask something, say what the answer means, and have a unit and a place of their own', () => {
      const known = new Set<unknown>(Object.values(units));
      const places = new Set<string>();
      for (const panel of panelsOf(dashboard)) {
        const { title = '', description = '', fieldConfig, targets = [], gridPos } = panel;
        assert.ok(title.length > 3 && description.length > 20, `title and description of ${title}`);
        assert.ok(known.has(fieldConfig?.defaults.unit), `the unit of ${title}`);
        assert.ok(targets.length > 0, `${title} asks nothing`);
        assert.equal(panel.datasource?.uid, '$datasource', title);
        assert.ok(gridPos!.x + gridPos!.w <= 24, `${title} stands beyond the edge`);
        places.add(`${gridPos!.x}/${gridPos!.y}`);
      }
      assert.equal(places.size, panelsOf(dashboard).length, 'two panels stand in one place');
    });

    test('lets one choose Prometheus, pipeline and replica', () => {
      const names = dashboard.templating!.list!.map(({ name }) => name);
      assert.deepEqual(names.slice(0, 3), ['datasource', 'pipeline', 'replica']);
    });
  });
}

test('dashboards have identities of their own', () => {
  assert.equal(new Set(all.map(({ uid }) => uid)).size, all.length);
  assert.equal(new Set(all.map(({ title }) => title)).size, all.length);
});
