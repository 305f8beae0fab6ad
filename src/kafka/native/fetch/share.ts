/** Of what is free beside it, how much one may hold. */
const OWN_PART = 1 / 4;

/**
 * A bound that many share without anyone being able to take it all: a partition may hold a quarter of what is free beside it
 * (dynamic thresholds, Choudhury and Hahne 1998, as switches share packet memory). One alone gets a fifth of the whole, many at
 * work share it evenly, and each that never lets go still leaves four fifths of the rest to those that come after.
 */
export class Share {
  readonly limit: number;
  used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get free(): number {
    return this.limit - this.used;
  }

  /** Whether who holds `own` may take more. */
  allows(own: number): boolean {
    const free = this.free;
    return free > 0 && (own === 0 || own < free * OWN_PART);
  }
}
