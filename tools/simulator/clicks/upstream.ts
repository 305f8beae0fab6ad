/** The feature pipeline upstream of the model, as far as the click world needs one: it tells the session so far with each click. */
import type { Cart, Dwell, PageKind, SessionFacts } from './click.ts';
import type { Step } from './session.ts';

const PAGES_TOLD = 5;
const PRICES_TOLD = 3;

export interface Told {
  readonly price: number | null;
  readonly session: SessionFacts;
  readonly recent_pages: readonly PageKind[];
  readonly recent_prices: readonly number[];
  readonly cart: Cart | null;
}

/** What is known of one session. Money is summed in cents, which are exact. */
export class SessionState {
  readonly #products = new Set<number>();
  readonly #pages: PageKind[] = [];
  readonly #prices: number[] = [];
  #clicks = 0;
  #searches = 0;
  #reviews = 0;
  #returns = 0;
  #items = 0;
  #cartCents = 0;
  #second = 0;
  #longest = 0;

  /** Takes the next click in, and tells what is known with it. */
  add(step: Step): Told {
    const dwell = this.#leavePage(step.second);
    const pagesBefore = [...this.#pages];
    this.#pages.unshift(step.page);
    if (this.#pages.length > PAGES_TOLD) this.#pages.pop();
    this.#clicks++;
    if (step.page === 'SEARCH') this.#searches++;
    if (step.page === 'REVIEWS') this.#reviews++;
    if (step.product !== undefined) {
      if (this.#products.has(step.product.number)) this.#returns++;
      this.#products.add(step.product.number);
      this.#prices.unshift(step.product.cents / 100);
      if (this.#prices.length > PRICES_TOLD) this.#prices.pop();
    }
    if (step.addedCents !== undefined) {
      this.#items++;
      this.#cartCents += step.addedCents;
    }
    return {
      price: step.product === undefined ? null : step.product.cents / 100,
      session: {
        clicks: this.#clicks,
        seconds: step.second,
        searches: this.#searches,
        products: this.#products.size,
        returns: this.#returns,
        reviews: this.#reviews,
        dwell,
      },
      recent_pages: pagesBefore,
      recent_prices: [...this.#prices],
      cart: this.#items === 0 ? null : { items: this.#items, value: this.#cartCents / 100 },
    };
  }

  #leavePage(second: number): Dwell {
    if (this.#clicks === 0) return { last: null, mean: null, longest: null };
    const last = second - this.#second;
    this.#second = second;
    this.#longest = Math.max(this.#longest, last);
    return { last, mean: second / this.#clicks, longest: this.#longest };
  }
}
