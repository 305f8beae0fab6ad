/** The numbers of the click world. They are made up; what they mean is told where `simulate` begins. */
import type { Intent, PageKind } from './click.ts';

export const SECONDS_PER_DAY = 86_400;

export const visitorRules = {
  minVisitsPerDay: 0.02,
  maxVisitsPerDay: 0.24,
  /** Chance a day that another person takes the place of a visitor. */
  replacedPerDay: 0.01,
  usualDevice: 0.85,
  app: 0.3,
  withoutCookies: 0.1,
} as const;

export const deviceWeights = { PHONE: 0.56, TABLET: 0.08, DESKTOP: 0.36 } as const;

/** Where visitors are; the last twelve are too few for a model to know each. */
export const countryWeights: Readonly<Record<string, number>> = {
  DE: 26,
  FR: 18,
  GB: 15,
  NL: 11,
  PL: 9,
  ES: 8,
  IT: 7,
  ...Object.fromEntries(
    ['AT', 'BE', 'CH', 'CZ', 'DK', 'FI', 'GR', 'HU', 'IE', 'NO', 'PT', 'SE'].map((country) => [country, 0.5]),
  ),
};

/** `direct` is told as null. */
export const referrerWeights = { direct: 34, search: 30, social: 15, newsletter: 11, ads: 10 } as const;

/** First pages by referrer, in the order of `pageKinds`. */
export const firstPages: Readonly<Record<keyof typeof referrerWeights, readonly number[]>> = {
  direct: [62, 4, 14, 10, 0, 8, 2],
  search: [10, 2, 26, 58, 2, 0, 2],
  social: [14, 0, 26, 60, 0, 0, 0],
  newsletter: [16, 0, 44, 38, 0, 2, 0],
  ads: [6, 0, 22, 72, 0, 0, 0],
};

/** Additions to the logits of an intent against browsing. */
export const leanings = {
  compare: {
    always: -1.15,
    desktop: 0.6,
    search: 0.6,
    newsletter: -0.2,
    comparedLately: 0.3,
    evening: 0,
    affinity: 0,
  },
  buy: {
    always: -2.2,
    desktop: 0.6,
    search: 0.2,
    newsletter: 1,
    comparedLately: 1.4,
    evening: 0.4,
    affinity: 0.9,
  },
} as const;
export const COMPARED_LATELY_DAYS = 5;
export const EVENING_HOUR = 19;

/** Which page follows, in the order of `pageKinds`: HOME, SEARCH, CATEGORY, PRODUCT, REVIEWS, CART, HELP. */
export const nextPages: Readonly<Record<Intent, Readonly<Record<PageKind, readonly number[]>>>> = {
  browse: {
    HOME: [5, 15, 54, 21, 0, 1, 4],
    SEARCH: [8, 20, 22, 45, 1, 2, 2],
    CATEGORY: [8, 8, 34, 46, 1, 1, 2],
    PRODUCT: [10, 8, 38, 33, 5, 4, 2],
    REVIEWS: [6, 6, 30, 45, 8, 2, 3],
    CART: [15, 10, 35, 30, 2, 4, 4],
    HELP: [30, 15, 30, 15, 2, 2, 6],
  },
  compare: {
    HOME: [2, 45, 25, 22, 1, 2, 3],
    SEARCH: [3, 27, 8, 56, 3, 1, 2],
    CATEGORY: [3, 14, 20, 56, 3, 1, 3],
    PRODUCT: [2, 22, 12, 31, 23, 6, 4],
    REVIEWS: [2, 14, 8, 55, 13, 4, 4],
    CART: [3, 18, 12, 45, 10, 4, 8],
    HELP: [6, 20, 14, 40, 8, 6, 6],
  },
  buy: {
    HOME: [2, 40, 18, 28, 1, 9, 2],
    SEARCH: [2, 18, 8, 62, 4, 4, 2],
    CATEGORY: [2, 12, 20, 56, 3, 5, 2],
    PRODUCT: [2, 10, 10, 30, 14, 28, 6],
    REVIEWS: [1, 6, 6, 52, 9, 22, 4],
    CART: [3, 10, 10, 30, 5, 28, 14],
    HELP: [4, 8, 8, 32, 6, 36, 6],
  },
};

/** How a session of an intent goes on. */
export interface Habit {
  /** Chance that a page is the last. */
  readonly leaves: number;
  /** Chance that a product page is one seen before. */
  readonly returns: number;
  /** Spread of prices around the session's own, as the deviation of their logarithm. */
  readonly priceSpread: number;
  /** Chance that the product just seen is put into the cart on the way there. */
  readonly adds: number;
  /** Chance that a session with a cart ends in a purchase. */
  readonly purchases: number;
  /** Seconds on a page: the median, and the factor for product pages and reviews. */
  readonly dwell: number;
  readonly dwellOnProducts: number;
}

export const habits: Readonly<Record<Intent, Habit>> = {
  browse: {
    leaves: 0.15,
    returns: 0.05,
    priceSpread: 0.7,
    adds: 0.45,
    purchases: 0.04,
    dwell: 9,
    dwellOnProducts: 1.2,
  },
  compare: {
    leaves: 0.09,
    returns: 0.32,
    priceSpread: 0.3,
    adds: 0.6,
    purchases: 0.05,
    dwell: 11,
    dwellOnProducts: 2.2,
  },
  buy: {
    leaves: 0.1,
    returns: 0.25,
    priceSpread: 0.35,
    adds: 0.9,
    purchases: 0.8,
    dwell: 10,
    dwellOnProducts: 1.8,
  },
};

/** Chance that a step follows the habits of another intent, drawn evenly: nobody is of one mind all the time. */
export const WANDERS = 0.3;
export const MAX_CLICKS = 80;
/** Who stays longer has gone for a coffee: what comes after is another session. */
export const MAX_SESSION_SECONDS = 3_000;
export const DWELL_SPREAD = 0.9;
export const MEDIAN_PRICE = 45;
export const PRICE_LEVEL_SPREAD = 0.8;

/** Times of day of first clicks, around the middle of the afternoon. */
export const SESSION_HOUR = { mean: 15.5, deviation: 4.5 } as const;
