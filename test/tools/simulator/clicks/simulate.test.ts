import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { intents, type SimulatedClick } from '../../../../tools/simulator/clicks/click.ts';
import { FIRST_DAY_MS, simulateClicks } from '../../../../tools/simulator/clicks/simulate.ts';

const DAY_MS = 86_400_000;
const small = { days: 12, visitors: 300 };

function digest(clicks: Iterable<SimulatedClick>): string {
  const hash = createHash('sha256');
  for (const click of clicks) hash.update(JSON.stringify(click));
  return hash.digest('hex');
}

/** Clicks of each session, in order. */
function sessions(clicks: Iterable<SimulatedClick>): SimulatedClick[][] {
  return [...Map.groupBy(clicks, (click) => click.session_id).values()];
}

test('the first thousand clicks of a seed are the same everywhere and for ever', () => {
  assert.equal(
    digest(simulateClicks({ seed: 1, days: 5 }).take(1000)),
    'f1168a25f6b1f3d7cfde2d84ab88b563431bd7526052f98fece7d69ba4dddce6',
    'a change of the world changes the demo and the model trained on it: train again and say so in the changelog',
  );
});

test('another seed is another world, and a shorter world is the beginning of a longer one', () => {
  const short = [...simulateClicks({ seed: 3, ...small, days: 5 })];
  assert.deepEqual(short, [...simulateClicks({ seed: 3, ...small }).take(short.length)]);
  assert.notEqual(digest(simulateClicks({ seed: 4, ...small, days: 5 })), digest(short));
});

test('clicks come in time order, each once, from the first day to the last', () => {
  let latest = FIRST_DAY_MS;
  const ids = new Set<string>();
  for (const { click_id, simulated_time } of simulateClicks({ seed: 5, ...small })) {
    assert.ok(simulated_time >= latest, `${click_id} is earlier than the one before`);
    assert.ok(!ids.has(click_id), `${click_id} comes twice`);
    latest = simulated_time;
    ids.add(click_id);
  }
  assert.equal(Math.floor((latest - FIRST_DAY_MS) / DAY_MS), small.days - 1);
});

test('sessions interleave, each is of one intent, device, country and referrer, and is over within an hour', () => {
  let interleaved = 0;
  let before = '';
  for (const { session_id, session } of simulateClicks({ seed: 6, ...small })) {
    if (session.clicks > 1 && session_id !== before) interleaved++;
    before = session_id;
  }
  assert.ok(interleaved > 0, 'no two sessions overlap');
  for (const clicks of sessions(simulateClicks({ seed: 6, ...small }))) {
    const same = ({ intent, device, country, referrer, visitor }: SimulatedClick) =>
      JSON.stringify([intent, device, country, referrer, visitor]);
    assert.equal(new Set(clicks.map(same)).size, 1, clicks[0]!.session_id);
    assert.ok(clicks.at(-1)!.simulated_time - clicks[0]!.simulated_time < 3_600_000, clicks[0]!.session_id);
  }
});

test('what upstream tells of a session is what its clicks say', () => {
  for (const clicks of sessions(simulateClicks({ seed: 7, ...small }))) {
    if (clicks.at(-1)!.simulated_time > FIRST_DAY_MS + (small.days - 1) * DAY_MS) continue;
    clicks.forEach((click, at) => {
      const soFar = clicks.slice(0, at + 1);
      const seconds = soFar.map(({ simulated_time }) => (simulated_time - clicks[0]!.simulated_time) / 1000);
      const dwells = seconds.slice(1).map((second, index) => second - seconds[index]!);
      const prices = soFar.flatMap(({ price }) => price ?? []);
      const { session, recent_pages, recent_prices } = click;
      assert.deepEqual(
        [session.clicks, session.seconds, session.searches, session.reviews],
        [
          at + 1,
          seconds.at(-1),
          soFar.filter(({ page }) => page === 'SEARCH').length,
          soFar.filter(({ page }) => page === 'REVIEWS').length,
        ],
      );
      assert.equal(session.products + session.returns, prices.length);
      assert.deepEqual(recent_prices, prices.reverse().slice(0, 3));
      const pagesBefore = soFar.slice(0, -1).map(({ page }) => page);
      assert.deepEqual(recent_pages, pagesBefore.reverse().slice(0, 5));
      assert.equal(session.dwell.last, dwells.at(-1) ?? null);
      assert.equal(session.dwell.longest, dwells.length === 0 ? null : Math.max(...dwells));
      const mean = dwells.reduce((sum, dwell) => sum + dwell, 0) / dwells.length;
      assert.equal(session.dwell.mean, dwells.length === 0 ? null : mean);
      assert.ok(click.price === null || click.page === 'PRODUCT', 'only products have a price');
    });
  }
});

test('the world has the statistics that its rules promise', () => {
  const all = sessions(simulateClicks({ seed: 0, days: 25 }));
  const share = (of: (clicks: SimulatedClick[]) => boolean): number => all.filter(of).length / all.length;
  const near = (found: number, expected: number, off: number, what: string) =>
    assert.ok(Math.abs(found - expected) <= off, `${what}: found ${found}, expected ${expected}`);
  // 6,000 visitors at 0.13 visits a day on the mean, less those whose time of day falls outside it.
  near(all.length / 25, 6_000 * 0.13 * 0.97, 25, 'sessions a day');
  near(
    share(([click]) => click!.visitor === null),
    0.1,
    0.01,
    'share without cookies',
  );
  near(
    share(([click]) => click!.referrer === null),
    0.34,
    0.01,
    'share that came by itself',
  );
  near(
    share(([click]) => click!.country === 'DE'),
    0.26,
    0.02,
    'share of Germans',
  );
  for (const [intent, expected] of [
    ['browse', 0.55],
    ['compare', 0.28],
    ['buy', 0.17],
  ] as const) {
    near(
      share(([click]) => click!.intent === intent),
      expected,
      0.03,
      intent,
    );
  }
  const lengths = intents.map((intent) => {
    const of = all.filter(([click]) => click!.intent === intent);
    return of.reduce((sum, clicks) => sum + clicks.length, 0) / of.length;
  });
  // One over the chance to leave, at most.
  near(lengths[0]!, 1 / 0.15, 0.3, 'clicks of who browses');
  near(lengths[1]!, 1 / 0.09, 0.6, 'clicks of who compares');
  near(lengths[2]!, 1 / 0.1, 0.6, 'clicks of who buys');
});

test('no page gives an intent away, and a cart does not either', () => {
  const found = { browse: new Set<string>(), compare: new Set<string>(), buy: new Set<string>() };
  const withCart = { browse: 0, compare: 0, buy: 0 };
  for (const { intent, page, recent_pages, cart } of simulateClicks({ seed: 8, days: 10 })) {
    found[intent].add(`${page} after ${recent_pages[0]}`);
    if (cart !== null) withCart[intent]++;
  }
  const steps = new Set(intents.flatMap((intent) => [...found[intent]]));
  const telling = [...steps].filter(
    (step) => intents.filter((intent) => found[intent].has(step)).length === 1,
  );
  assert.deepEqual(telling, []);
  const carts = withCart.browse + withCart.compare + withCart.buy;
  assert.ok(withCart.buy / carts < 0.8, JSON.stringify(withCart));
  assert.ok(withCart.buy / carts > 0.3, JSON.stringify(withCart));
});

test('what is known of visitors counts the visits with cookies of the last 30 days', () => {
  let first = 0;
  let buyers = 0;
  for (const { visitor } of simulateClicks({ seed: 9, days: 40, visitors: 200 })) {
    if (visitor === null) continue;
    assert.equal(visitor.days_since_last === null, visitor.visits_30d === 0);
    assert.ok(visitor.purchases_30d <= visitor.visits_30d);
    assert.ok((visitor.days_since_last ?? 0) < 30);
    if (visitor.visits_30d === 0) first++;
    if (visitor.purchases_30d > 0) buyers++;
  }
  assert.ok(first > 0 && buyers > 0, `${first} ${buyers}`);
});
