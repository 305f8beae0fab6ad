import type { TidemarkError } from '../errors.ts';
import type { Dependency, Telemetry } from '../telemetry/events.ts';

/**
 * Which dependencies are down, followed from the events. The process is `paused` while the source or the sink is; a registry
 * that is down pauses only partitions whose next record needs an unknown schema, so it does not pause the process (P7).
 */
export class Pauses implements Pick<Telemetry, 'dependencyDown' | 'dependencyUp'> {
  readonly #down = new Map<Dependency, TidemarkError>();
  readonly #changed: (what: Dependency, isDown: boolean) => void;

  constructor(changed: (what: Dependency, isDown: boolean) => void) {
    this.#changed = changed;
  }

  dependencyDown(what: Dependency, cause: TidemarkError): void {
    const isNews = this.#down.get(what)?.code !== cause.code;
    this.#down.set(what, cause);
    if (isNews) this.#changed(what, true);
  }

  dependencyUp(what: Dependency): void {
    if (this.#down.delete(what)) this.#changed(what, false);
  }

  /** Why the process is paused; undefined when it is not. */
  get why(): string | undefined {
    const cause = this.#down.get('source') ?? this.#down.get('sink');
    return cause === undefined ? undefined : `${cause.code} ${cause.message}`;
  }
}
