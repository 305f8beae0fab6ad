/** A Prometheus of a test's own, of Debian's package, with the rules of ops/ and one target. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { stringify } from 'yaml';
import { freePorts } from '../../tools/stack/ports.ts';
import { temporaryFolder } from './cardFraud.ts';
import { waitFor } from './stack.ts';

/** Why it cannot run here, or false. */
export const lacksPrometheus =
  spawnSync('prometheus', ['--version']).status === 0
    ? false
    : 'Prometheus is not installed here: it comes with Debian’s package prometheus';

const RULES = join(import.meta.dirname, '../../ops/prometheus/rules/*.yaml');

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

export interface LiveRule {
  readonly name: string;
  readonly health: 'ok' | 'err' | 'unknown';
  readonly lastError?: string;
}

export class Prometheus {
  readonly #url: string;
  readonly #process: ChildProcessWithoutNullStreams;
  #said = '';

  private constructor(url: string, process: ChildProcessWithoutNullStreams) {
    this.#url = url;
    this.#process = process;
    process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
  }

  /** Scrapes `target` (host:port) every second, until the test ends. */
  static async watching(t: TestContext, target: string): Promise<Prometheus> {
    const folder = temporaryFolder(t);
    const config = join(folder, 'prometheus.yaml');
    const settings = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [RULES],
      scrape_configs: [{ job_name: 'tidemark', static_configs: [{ targets: [target] }] }],
    };
    writeFileSync(config, stringify(settings));
    const [port] = await freePorts(1);
    const address = `127.0.0.1:${port}`;
    const child = spawn('prometheus', [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ]);
    const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
    t.after(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    const prometheus = new Prometheus(`http://${address}`, child);
    await prometheus.#until('/-/ready', 'Prometheus to be ready');
    return prometheus;
  }

  /** The health of its one target. */
  async targetHealth(): Promise<string | undefined> {
    const { activeTargets } = await this.#get<{ activeTargets: { health: string }[] }>('/api/v1/targets');
    return activeTargets[0]?.health;
  }

  async rules(): Promise<LiveRule[]> {
    const { groups } = await this.#get<{ groups: { rules: LiveRule[] }[] }>('/api/v1/rules');
    return groups.flatMap(({ rules }) => rules);
  }

  /** Alerts that are pending or fire. */
  async alerts(): Promise<string[]> {
    const { alerts } = await this.#get<{ alerts: { labels: { alertname: string } }[] }>('/api/v1/alerts');
    return alerts.map(({ labels }) => labels.alertname);
  }

  /** @throws with Prometheus' own words where the query cannot be answered */
  async query(query: string): Promise<Sample[]> {
    const { result } = await this.#get<{ result: Sample[] }>(
      `/api/v1/query?query=${encodeURIComponent(query)}`,
    );
    return result;
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(this.#url + path);
    const { status, data, error } = (await response.json()) as { status: string; data: T; error?: string };
    if (status !== 'success') throw new Error(`Prometheus refused ${decodeURIComponent(path)}: ${error}`);
    return data;
  }

  #until(path: string, what: string): Promise<boolean> {
    const look = async () => {
      if (this.#process.exitCode !== null) throw new Error(`Prometheus ended:\n${this.#said}`);
      return fetch(this.#url + path).then(
        ({ ok }) => ok,
        () => false,
      );
    };
    return waitFor(look, what, 30_000);
  }
}
