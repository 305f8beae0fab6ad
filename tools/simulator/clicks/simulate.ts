import { Random } from 'random';
import type { SimulatedClick } from './click.ts';
import { SECONDS_PER_DAY, SESSION_HOUR, visitorRules } from './rules.ts';
import { begin, walk } from './session.ts';
import { SessionState } from './upstream.ts';
import { Visitor } from './visitors.ts';

export const FIRST_DAY_MS = Date.UTC(2018, 3, 1);
const SECONDS_PER_HOUR = 3_600;

export interface ClickWorld {
  readonly seed: number;
  readonly days: number;
  readonly visitors?: number;
}

interface PendingClick {
  readonly second: number;
  readonly click: Omit<SimulatedClick, 'click_id'>;
}

interface Arrival {
  readonly second: number;
  readonly visitor: Visitor;
}

/**
 * Clicks in a web shop, in time order. The same world always gives the same clicks. The world follows no data set; these are its
 * rules, with numbers in rules.ts:
 *
 * - Visitors come by Poisson, each at a rate of their own, in the afternoon and evening mostly, with the device they usually have.
 *   Some are replaced by others day by day, and in a tenth of the sessions the shop does not know who it is.
 * - A session has one intent: to browse, to compare, to buy. Its chances depend on what brought the visitor, on the device, on the
 *   hour, on how fond of buying the visitor is, and on whether the last visit, in the days before, was to compare.
 * - A session is a walk from page to page: which page follows, how long pages are looked at, how soon the visitor leaves, how far
 *   prices spread around the session's own level, how often a product is looked at again, and what goes into the cart depend on the
 *   intent. But three steps in ten follow another mind, so that no page gives an intent away.
 * - A purchase ends some of the sessions with a cart, most of those that came to buy. It is no click: what comes after the cart is
 *   another system's, and the shop learns of intents only later.
 *
 * With each click upstream tells what it knows by then (upstream.ts): the session so far and, of a visitor who is known, visits and
 * purchases of 30 days.
 */
export function* simulateClicks(world: ClickWorld): Generator<SimulatedClick, void, undefined> {
  const { seed, days, visitors: visitorCount = 6_000 } = world;
  // A stream of chances for each part of the world: a change to one leaves the others as they were.
  const people = new Random(`${seed} visitors`);
  const arrivals = new Random(`${seed} arrivals`);
  const walks = new Random(`${seed} walks`);
  const visitors = Array.from({ length: visitorCount }, () => new Visitor(people));
  let pending: PendingClick[] = [];
  let sessions = 0;
  let clicks = 0;
  for (let day = 0; day < days; day++) {
    replaceSome(visitors, people);
    for (const { second, visitor } of arrivalsOf(day, visitors, arrivals)) {
      if (visitor.isHere(second)) continue;
      pending.push(...clicksOf(visitor, second, `S${String(sessions++).padStart(8, '0')}`, walks));
    }
    // Sessions go on past midnight, among those of the next day.
    pending.sort((a, b) => a.second - b.second);
    const tomorrow = (day + 1) * SECONDS_PER_DAY;
    const ended = pending.findIndex(({ second }) => second >= tomorrow);
    const today = ended === -1 ? pending : pending.slice(0, ended);
    for (const { click } of today) yield { click_id: `K${String(clicks++).padStart(9, '0')}`, ...click };
    pending = pending.slice(today.length);
  }
}

function replaceSome(visitors: Visitor[], random: Random): void {
  for (let index = 0; index < visitors.length; index++) {
    if (random.next() < visitorRules.replacedPerDay) visitors[index] = new Visitor(random);
  }
}

function arrivalsOf(day: number, visitors: readonly Visitor[], random: Random): Arrival[] {
  const hour = random.normal(SESSION_HOUR.mean, SESSION_HOUR.deviation);
  const arrivals: Arrival[] = [];
  for (const visitor of visitors) {
    for (let left = visitor.visitsToday(); left > 0; left--) {
      const second = Math.trunc(hour() * SECONDS_PER_HOUR);
      if (second < 0 || second >= SECONDS_PER_DAY) continue;
      arrivals.push({ second: day * SECONDS_PER_DAY + second, visitor });
    }
  }
  return arrivals.sort((a, b) => a.second - b.second);
}

function clicksOf(visitor: Visitor, startSecond: number, sessionId: string, random: Random): PendingClick[] {
  const hour = Math.floor((startSecond % SECONDS_PER_DAY) / SECONDS_PER_HOUR);
  const beginning = begin(visitor, startSecond, hour, random);
  const { steps, purchased } = walk(beginning, random);
  const { device, referrer, withoutCookies, intent } = beginning;
  const facts = withoutCookies ? null : visitor.facts(startSecond);
  const endSecond = startSecond + steps.at(-1)!.second;
  visitor.remember({ startSecond, endSecond, intent, purchased, known: !withoutCookies });
  const state = new SessionState();
  return steps.map((step) => {
    const second = startSecond + step.second;
    const told = state.add(step);
    const click = {
      session_id: sessionId,
      simulated_time: FIRST_DAY_MS + second * 1000,
      page: step.page,
      price: told.price,
      device: { kind: device, app: visitor.hasApp && device === 'PHONE' },
      country: visitor.country,
      referrer: referrer === 'direct' ? null : referrer,
      hour: Math.floor((second % SECONDS_PER_DAY) / SECONDS_PER_HOUR),
      session: told.session,
      recent_pages: told.recent_pages,
      recent_prices: told.recent_prices,
      cart: told.cart,
      visitor: facts,
      intent,
    };
    return { second, click };
  });
}
