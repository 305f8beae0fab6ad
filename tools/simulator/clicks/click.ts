/** Kinds of page, in the order of the enum of schemas/click.avsc. */
export const pageKinds = ['HOME', 'SEARCH', 'CATEGORY', 'PRODUCT', 'REVIEWS', 'CART', 'HELP'] as const;
export type PageKind = (typeof pageKinds)[number];

export const deviceKinds = ['PHONE', 'TABLET', 'DESKTOP'] as const;
export type DeviceKind = (typeof deviceKinds)[number];

/** What a session is for, in the order of the model's classes. */
export const intents = ['browse', 'compare', 'buy'] as const;
export type Intent = (typeof intents)[number];

/** A click on a page of the shop, in the shape of schemas/click.avsc, less the time of its emission (`event_time`). */
export interface Click {
  readonly click_id: string;
  readonly session_id: string;
  /** Epoch milliseconds, in the world. */
  readonly simulated_time: number;
  readonly page: PageKind;
  /** Of a product page. */
  readonly price: number | null;
  readonly device: Device;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** What brought the session; null when the address was typed or bookmarked. */
  readonly referrer: string | null;
  readonly hour: number;
  readonly session: SessionFacts;
  /** The pages before this one, latest first. */
  readonly recent_pages: readonly PageKind[];
  /** Of the products seen, latest first, this one included. */
  readonly recent_prices: readonly number[];
  /** Null until something is put into it. */
  readonly cart: Cart | null;
  /** Null for visitors who refuse cookies. */
  readonly visitor: VisitorFacts | null;
}

export interface Device {
  readonly kind: DeviceKind;
  /** Whether it is the shop's own app. */
  readonly app: boolean;
}

/** The session so far, this click included. */
export interface SessionFacts {
  readonly clicks: number;
  readonly seconds: number;
  readonly searches: number;
  /** Different ones. */
  readonly products: number;
  /** Product pages that had been seen before. */
  readonly returns: number;
  readonly reviews: number;
  readonly dwell: Dwell;
}

/** Seconds spent on pages that were left; null before the first was. */
export interface Dwell {
  readonly last: number | null;
  readonly mean: number | null;
  readonly longest: number | null;
}

export interface Cart {
  readonly items: number;
  readonly value: number;
}

/** What the shop knew of the visitor when the session began. */
export interface VisitorFacts {
  readonly visits_30d: number;
  readonly purchases_30d: number;
  /** Whole days; null when no visit of the last 30 days is known. */
  readonly days_since_last: number | null;
}

/** A click together with the truth that only the simulator knows. */
export interface SimulatedClick extends Click {
  readonly intent: Intent;
}
