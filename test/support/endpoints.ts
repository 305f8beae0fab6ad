import type { HealthReport } from '../../src/telemetry/health.ts';
import { samplesOf } from '../../tools/demo/exposition.ts';
import { waitFor } from './stack.ts';
import type { TidemarkProcess } from './tidemark.ts';

export interface HealthAnswer extends HealthReport {
  readonly status: number;
}

/** What a process answers over HTTP, on the port that its log tells. */
export class Endpoints {
  readonly #url: string;

  private constructor(url: string) {
    this.#url = url;
  }

  static async of(run: TidemarkProcess): Promise<Endpoints> {
    const { host, port } = await run.says({ event: 'listening' });
    return new Endpoints(`http://${host}:${port}`);
  }

  async health(path: '/healthz' | '/readyz'): Promise<HealthAnswer> {
    const response = await fetch(this.#url + path);
    return { status: response.status, ...((await response.json()) as HealthReport) };
  }

  metricsText(): Promise<string> {
    return fetch(`${this.#url}/metrics`).then((response) => response.text());
  }

  /** The sum of a metric's samples that have these labels, as in `tidemark_paused{reason="sink"}`, whatever others they have. */
  async metric(selector: string): Promise<number> {
    const [wanted] = samplesOf(`${selector} 0`);
    return samplesOf(await this.metricsText())
      .filter(({ name, labels }) => name === wanted!.name && includes(labels, wanted!.labels))
      .reduce((sum, { value }) => sum + value, 0);
  }

  /** Waits until /readyz answers so; while it does, /healthz has to be fine. */
  async untilReady(ok: boolean, deadlineMs = 30_000): Promise<HealthAnswer> {
    let last: HealthAnswer | undefined;
    const look = async () => {
      const alive = await this.health('/healthz');
      if (alive.status !== 200) throw new Error(`not alive: ${JSON.stringify(alive)}`);
      last = await this.health('/readyz');
      return last.ok === ok && last;
    };
    return waitFor(look, `/readyz to say ${ok}`, deadlineMs).catch((cause) => {
      throw new Error(`${cause.message} It says ${JSON.stringify(last)}.`, { cause });
    });
  }
}

function includes(labels: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, string>): boolean {
  return [...wanted].every(([name, value]) => labels.get(name) === value);
}
