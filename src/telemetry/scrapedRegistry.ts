import { Registry } from 'prom-client';

/** A registry that lets what is only known when somebody looks be worked out before it answers. */
export class ScrapedRegistry extends Registry {
  readonly #looks: (() => void)[] = [];

  beforeScrape(look: () => void): void {
    this.#looks.push(look);
  }

  override metrics(): Promise<string> {
    for (const look of this.#looks) look();
    return super.metrics();
  }

  override getMetricsAsJSON() {
    for (const look of this.#looks) look();
    return super.getMetricsAsJSON();
  }
}
