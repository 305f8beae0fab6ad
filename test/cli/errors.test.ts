import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { catalogue, dispositions } from '../../src/errors.ts';
import { cardFraudYaml, freshNames, temporaryFolder } from '../support/cardFraud.ts';
import { TidemarkProcess } from '../support/tidemark.ts';

const codes = Object.entries(catalogue);

test('tidemark errors lists every code once, with its one line', async (t) => {
  const { stdout } = await new TidemarkProcess(t, ['errors']).endsWith(0);
  const listed = [...stdout.matchAll(/^ {2}(E-\S+) +(.+)$/gm)].map(([, code, line]) => [code, line]);
  const expected = codes.map(([code, { summary }]) => [code, summary]);
  assert.deepEqual(listed.sort(), expected.sort());
});

test('tidemark errors CODE explains one: what happened, what Tidemark does, what to do; letter case does not matter', async (t) => {
  const { stdout } = await new TidemarkProcess(t, ['errors', 'e-Feature-missing']).endsWith(0);
  const { summary, action } = catalogue['E-FEATURE-MISSING'];
  const { title, consequence } = dispositions['dead-letter'];
  assert.equal(
    stdout,
    `E-FEATURE-MISSING

What happened
${summary}

What Tidemark does
${title}. ${consequence}

What to do
${action}
`,
  );
});

test('tidemark errors --json is the catalogue for programs; of one code its entry', async (t) => {
  const all = await new TidemarkProcess(t, ['errors', '--json']).endsWith(0);
  const one = await new TidemarkProcess(t, ['errors', 'E-CONFIG', '--json']).endsWith(0);
  const expected = codes.map(([code, { disposition, summary, action }]) => ({
    code,
    disposition,
    summary,
    consequence: dispositions[disposition].consequence,
    action,
  }));
  assert.deepEqual(JSON.parse(all.stdout), expected);
  assert.deepEqual(
    JSON.parse(one.stdout),
    expected.find(({ code }) => code === 'E-CONFIG'),
  );
});

for (const [asked, said] of [
  ['E-FEATURE-MISING', /no code 'E-FEATURE-MISING'\n\(Did you mean E-FEATURE-MISSING\?\)/],
  ['feature-missing', /Did you mean E-FEATURE-MISSING\?/],
  ['quux', /no code 'quux'\n\(`tidemark errors` lists them all\)/],
] as const) {
  test(`tidemark errors ${asked} is wrong usage, with the nearest code where one is near`, async (t) => {
    const process = new TidemarkProcess(t, ['errors', asked]);
    assert.equal((await process.endsWith(2)).stdout, '');
    assert.match(process.logs.map(({ msg }) => msg).join('\n'), said);
  });
}

test('a command that fails for what is outside says how to read more; one that lists faults does not', async (t) => {
  const file = join(temporaryFolder(t), 'pipeline.yaml');
  const nowhere = { brokers: ['127.0.0.1:1'], registryUrl: 'http://127.0.0.1:1' };
  writeFileSync(file, cardFraudYaml(freshNames(), nowhere, {}));
  const failed = new TidemarkProcess(t, ['topics', '-c', file]);
  await failed.endsWith(1);
  assert.match(failed.story(), /More: tidemark errors E-KAFKA-UNREACHABLE/);
  const refused = new TidemarkProcess(t, ['leave', '-c', file]);
  await refused.endsWith(2);
  assert.match(refused.story(), /E-CONFIG/);
  assert.doesNotMatch(refused.story(), /More:/);
});
