import type { Random } from 'random';
import { type DeviceKind, type Intent, intents, type PageKind, pageKinds } from './click.ts';
import {
  DWELL_SPREAD,
  deviceWeights,
  EVENING_HOUR,
  firstPages,
  habits,
  leanings,
  MAX_CLICKS,
  MAX_SESSION_SECONDS,
  MEDIAN_PRICE,
  nextPages,
  PRICE_LEVEL_SPREAD,
  referrerWeights,
  visitorRules,
  WANDERS,
} from './rules.ts';
import type { Visitor } from './visitors.ts';
import { weighted, weightedIndex } from './weighted.ts';

/** What is decided when a session begins. */
export interface Beginning {
  readonly intent: Intent;
  readonly device: DeviceKind;
  readonly referrer: keyof typeof referrerWeights;
  readonly withoutCookies: boolean;
}

/** One page view of a walk through the shop. */
export interface Step {
  /** Since the session began. */
  readonly second: number;
  readonly page: PageKind;
  /** Of a product page. */
  readonly product: Product | undefined;
  /** Price of what was put into the cart with this step, in cents. */
  readonly addedCents: number | undefined;
}

/** Within a session a product is known by its number. */
export interface Product {
  readonly number: number;
  readonly cents: number;
}

export interface Walk {
  readonly steps: readonly Step[];
  readonly purchased: boolean;
}

export function begin(visitor: Visitor, second: number, hour: number, random: Random): Beginning {
  const usual = random.next() < visitorRules.usualDevice;
  const device = usual ? visitor.usualDevice : weighted(deviceWeights, random);
  const referrer = weighted(referrerWeights, random);
  const lean = (by: (typeof leanings)['compare' | 'buy']): number =>
    by.always +
    (device === 'DESKTOP' ? by.desktop : 0) +
    (referrer === 'search' ? by.search : 0) +
    (referrer === 'newsletter' ? by.newsletter : 0) +
    (visitor.comparedLately(second) ? by.comparedLately : 0) +
    (hour >= EVENING_HOUR ? by.evening : 0) +
    by.affinity * visitor.affinity;
  const odds = { browse: 1, compare: Math.exp(lean(leanings.compare)), buy: Math.exp(lean(leanings.buy)) };
  return {
    intent: weighted(odds, random),
    device,
    referrer,
    withoutCookies: random.next() < visitorRules.withoutCookies,
  };
}

/** Draws a whole session, click by click. */
export function walk({ intent, referrer }: Beginning, random: Random): Walk {
  const normal = random.normal(0, 1);
  const levelCents = 100 * MEDIAN_PRICE * Math.exp(PRICE_LEVEL_SPREAD * normal());
  const seen: Product[] = [];
  const steps: Step[] = [];
  let current: Product | undefined;
  let hasCart = false;
  let second = 0;
  let page = pageKinds[weightedIndex(firstPages[referrer], random)]!;
  for (;;) {
    const mind = random.next() < WANDERS ? intents[random.int(0, intents.length - 1)]! : intent;
    const habit = habits[mind];
    const added =
      page === 'CART' && current !== undefined && random.next() < habit.adds ? current : undefined;
    hasCart ||= added !== undefined;
    current = undefined;
    if (page === 'PRODUCT') {
      const again = seen.length > 1 && random.next() < habit.returns;
      const cents = Math.max(100, Math.round(levelCents * Math.exp(habit.priceSpread * normal())));
      current = again ? seen[random.int(0, seen.length - 2)]! : { number: seen.length, cents };
      if (!again) seen.push(current);
    }
    steps.push({ second, page, product: current, addedCents: added?.cents });
    if (random.next() < habits[intent].leaves || steps.length === MAX_CLICKS) break;
    const slow = page === 'PRODUCT' || page === 'REVIEWS' ? habit.dwellOnProducts : 1;
    second += Math.max(1, Math.round(habit.dwell * slow * Math.exp(DWELL_SPREAD * normal())));
    if (second > MAX_SESSION_SECONDS) break;
    page = pageKinds[weightedIndex(nextPages[mind][page], random)]!;
  }
  return { steps, purchased: hasCart && random.next() < habits[intent].purchases };
}
