import type { SimulatedClick } from './click.ts';

type Value = string | number | boolean | null;

/** The features that the model of click-intent reads, as they are found in a click; config/click-intent.yaml has the same places. */
export const features: Readonly<Record<string, (click: Omit<SimulatedClick, 'intent'>) => Value>> = {
  page: (c) => c.page,
  price: (c) => c.price,
  device: (c) => c.device.kind,
  app: (c) => c.device.app,
  country: (c) => c.country,
  referrer: (c) => c.referrer,
  hour: (c) => c.hour,
  clicks: (c) => c.session.clicks,
  seconds: (c) => c.session.seconds,
  searches: (c) => c.session.searches,
  products: (c) => c.session.products,
  returns: (c) => c.session.returns,
  reviews: (c) => c.session.reviews,
  last_dwell: (c) => c.session.dwell.last,
  mean_dwell: (c) => c.session.dwell.mean,
  longest_dwell: (c) => c.session.dwell.longest,
  page_before: (c) => c.recent_pages[0] ?? null,
  page_before_that: (c) => c.recent_pages[1] ?? null,
  latest_price: (c) => c.recent_prices[0] ?? null,
  second_price: (c) => c.recent_prices[1] ?? null,
  third_price: (c) => c.recent_prices[2] ?? null,
  cart_items: (c) => c.cart?.items ?? null,
  cart_value: (c) => c.cart?.value ?? null,
  visits_30d: (c) => c.visitor?.visits_30d ?? null,
  purchases_30d: (c) => c.visitor?.purchases_30d ?? null,
  days_since_last: (c) => c.visitor?.days_since_last ?? null,
};
