import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseSchema } from '../../../src/avro/parseSchema.ts';
import { eventPlaces } from '../../../src/service/eventPlaces.ts';
import { bareName, matchPlace } from '../../../src/service/init/matching.ts';

const word = fc.stringMatching(/^[a-z]{3,7}[0-9]?$/);

/** A record of numbers: some of its fields lie in records of their own. */
const eventOf = (paths: readonly (readonly string[])[]) => {
  const groups = new Map<string, string[]>();
  const fields: object[] = [];
  for (const [head, inner] of paths) {
    if (inner === undefined) fields.push({ name: head, type: 'double' });
    else groups.set(head!, [...(groups.get(head!) ?? []), inner]);
  }
  for (const [name, members] of groups) {
    const inner = members.map((member) => ({ name: member, type: ['null', 'double'] }));
    fields.push({ name, type: { type: 'record', name: `R_${name}`, fields: inner } });
  }
  return eventPlaces(parseSchema({ type: 'record', name: 'Event', fields }));
};

/** Distinct words, so that no two places are spelled alike; each place is one word or two. */
const paths = fc
  .uniqueArray(word, { minLength: 4, maxLength: 24, selector: bareName })
  .map((words) => words.map((one, at) => (at % 3 === 0 ? [one] : [words[at - (at % 3)]! + 'x', one])));

const STYLES: readonly ((words: readonly string[]) => string)[] = [
  (words) => words.join('_'),
  (words) => words.join('.'),
  (words) => words.join('-').toUpperCase(),
  (words) => words.map((one, at) => (at === 0 ? one : one[0]!.toUpperCase() + one.slice(1))).join(''),
  (words) => words.map((one) => one[0]!.toUpperCase() + one.slice(1)).join(' '),
];

describe('matchPlace', () => {
  test('finds a field whatever the case, the separators and the order of the schema', () => {
    fc.assert(
      fc.property(paths, fc.nat(), fc.constantFrom(...STYLES), fc.nat(), (all, pick, style, turn) => {
        const turned = [...all.slice(turn % all.length), ...all.slice(0, turn % all.length)];
        const places = eventOf(turned);
        const wanted = all[pick % all.length]!;
        const match = matchPlace(style(wanted), places, () => true);
        assert.ok(match.kind === 'found', JSON.stringify({ match, wanted, all }));
        assert.equal(match.place.text, wanted.join('.'));
      }),
    );
  });

  test('of several fields that the name may mean none is taken', () => {
    fc.assert(
      fc.property(
        word,
        fc.uniqueArray(word, { minLength: 2, maxLength: 5, selector: bareName }),
        (name, heads) => {
          fc.pre(!heads.includes(name));
          const places = eventOf(heads.map((head) => [head, name]));
          const match = matchPlace(name, places, () => true);
          assert.ok(match.kind === 'ambiguous', JSON.stringify(match));
          assert.equal(match.places.length, heads.length);
        },
      ),
    );
  });

  test('a match is never a place that does not fit, and nothing is found that is not spelled so', () => {
    fc.assert(
      fc.property(paths, word, fc.func(fc.boolean()), (all, name, fitting) => {
        const places = eventOf(all);
        const fits = ({ text }: { text: string }) => fitting(text);
        const match = matchPlace(name, places, fits);
        if (match.kind === 'found' || match.kind === 'near') assert.ok(fits(match.place));
        if (match.kind === 'found') assert.ok(bareName(match.place.text).endsWith(bareName(name)));
      }),
    );
  });

  const event = parseSchema({
    type: 'record',
    name: 'Payment',
    fields: [
      { name: 'amount', type: 'double' },
      { name: 'Country', type: 'string' },
      { name: 'depths', type: { type: 'array', items: 'float' } },
      {
        name: 'customer',
        type: {
          type: 'record',
          name: 'C',
          fields: [
            { name: 'amount', type: 'double' },
            { name: 'age', type: 'int' },
          ],
        },
      },
      {
        name: 'terminal',
        type: {
          type: 'record',
          name: 'T',
          fields: [
            { name: 'age', type: 'string' },
            { name: 'risk_30d', type: 'double' },
          ],
        },
      },
    ],
  });
  const places = eventPlaces(event);
  const isNumber = ({ nodes }: (typeof places)[number]) => nodes[0]!.kind !== 'string';
  const shown = (name: string) => {
    const match = matchPlace(name, places, isNumber);
    const of =
      'place' in match ? match.place.text : 'places' in match ? match.places.map((p) => p.text).join() : '';
    return `${match.kind} ${of}`.trim();
  };

  for (const [name, expected] of [
    ['amount', 'found amount'],
    ['CUSTOMER AMOUNT', 'found customer.amount'],
    ['Risk30d', 'found terminal.risk_30d'],
    ['age', 'found customer.age'],
    ['country', 'unfit Country'],
    ['depths', 'near depths[0]'],
    ['ammount', 'ambiguous amount,customer.amount'],
    ['terminal_risk_30', 'near terminal.risk_30d'],
    ['weekday', 'none'],
    ['--', 'none'],
  ] as const) {
    test(`${name} is ${expected}`, () => assert.equal(shown(name), expected));
  }
});
