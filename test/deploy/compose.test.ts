/**
 * docker-compose.yml, and what it mounts. The schema in test/fixtures is that of the Compose Specification, as compose-go has it
 * (schema/compose-spec.json, Apache License 2.0).
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { ROOT } from './manifests.ts';
import { load } from './pipelines.ts';

interface Service {
  readonly image: string;
  readonly build?: unknown;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly deploy?: { readonly replicas: number };
  readonly stop_grace_period?: string;
  readonly read_only?: boolean;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly configs: Readonly<Record<string, { readonly file: string }>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const compose: Compose = parse(read('docker-compose.yml'), { merge: true });
const { services } = compose;
const tidemark = services.tidemark!;
const pipeline = load(read('docker/pipeline.yaml'), 'docker/pipeline.yaml', tidemark.environment);
const prometheus = parse(read('ops/prometheus/prometheus.yaml'));

const engine = spawnSync('docker', ['compose', 'version']).status === 0;

describe('docker-compose.yml', () => {
  it('is of the Compose Specification', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
    const validate = ajv.compile(JSON.parse(read('test/fixtures/compose-spec.json')));
    validate(compose);
    assert.deepEqual(validate.errors, null);
    assert.ok(!validate({ services: { a: { imagee: 'x' } } }), 'the schema lets anything pass');
  });

  it('is what Compose itself accepts', { skip: engine ? false : 'docker compose is not installed' }, () => {
    execFileSync('docker', ['compose', 'config', '--quiet'], { cwd: ROOT });
  });

  it('names services, files and volumes that are there', () => {
    for (const [name, service] of Object.entries(services)) {
      const {
        depends_on: waitsFor = [],
        secrets = [],
        configs = [],
      } = service as unknown as Record<string, string[]>;
      for (const other of waitsFor) assert.ok(other in services, `${name} waits for ${other}`);
      for (const secret of secrets) assert.ok(secret in compose.secrets, `${name}: ${secret}`);
      for (const { source } of configs as unknown as { source: string }[])
        assert.ok(source in compose.configs, `${name}: ${source}`);
      const bound = (service.volumes ?? [])
        .map((volume) => volume.split(':')[0]!)
        .filter((path) => path.startsWith('.'));
      for (const path of bound) assert.ok(existsSync(join(ROOT, path)), `${name}: ${path}`);
    }
    for (const { file } of [...Object.values(compose.configs), ...Object.values(compose.secrets)])
      assert.ok(existsSync(join(ROOT, file)), file);
  });

  it('publishes on loopback only, and runs versions that are named', () => {
    for (const [name, { ports = [], image, build }] of Object.entries(services)) {
      for (const port of ports) assert.match(port, /^127\.0\.0\.1:/, name);
      if (build === undefined && image !== tidemark.image) assert.match(image, /:v?\d+\.\d+\.\d+$/, name);
    }
  });

  it('runs the pipeline of the example, with the names that the services have', () => {
    assert.deepEqual(pipeline.warnings, []);
    assert.deepEqual(pipeline.files, ['/run/secrets/read-token']);
    const example = load(read('config/card-fraud.yaml'), 'config/card-fraud.yaml', tidemark.environment);
    const { kafka, registry, input, features, decision, output, deadLetter } = example;
    const { kafka: k, registry: r, input: i, features: f, decision: d, output: o, deadLetter: l } = pipeline;
    assert.deepEqual([k, r, i, f, d, o, l], [kafka, registry, input, features, decision, output, deadLetter]);
    for (const broker of kafka.brokers) assert.ok(broker.split(':')[0]! in services, broker);
    assert.ok(new URL(registry.url).hostname in services);
  });

  it('gives a replica longer to end than it may take, a port, and a partition', () => {
    const graceS = Number(tidemark.stop_grace_period?.replace('s', ''));
    assert.ok(graceS > pipeline.kafka.drainTimeoutMs / 1000 + 5);
    assert.ok(pipeline.http !== 'off');
    const [, first, last, inside] = /:(\d+)-(\d+):(\d+)$/.exec(tidemark.ports![0]!)!.map(Number) as number[];
    const replicas = tidemark.deploy!.replicas;
    assert.equal(inside, pipeline.http.port);
    assert.ok(last! - first! + 1 >= replicas);
    const { command = [] } = services.topics!;
    assert.ok(Number(command[command.indexOf('--partitions') + 1]) >= replicas);
    assert.equal(tidemark.read_only, true);
  });
});

describe('what docker-compose.yml gives Prometheus and Grafana', () => {
  it('finds every replica, with the token that the replicas ask for', () => {
    const job = prometheus.scrape_configs.find((each: { job_name: string }) => each.job_name === 'tidemark');
    assert.ok(pipeline.http !== 'off');
    assert.deepEqual(job.dns_sd_configs[0].names, ['tidemark']);
    assert.equal(job.dns_sd_configs[0].port, pipeline.http.port);
    assert.deepEqual([job.authorization.credentials_file], pipeline.files);
    // What the loader asks of a token.
    assert.match(read(compose.secrets['read-token']!.file).trim(), /^[A-Za-z0-9._~+/-]{16,}=*$/);
  });

  const promtool = spawnSync('promtool', ['--version']).status === 0;
  it('is a configuration that Prometheus takes, rules and all', {
    skip: promtool ? false : 'promtool is not installed',
  }, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-prometheus-'));
    t.after(() => rmSync(folder, { recursive: true }));
    cpSync(join(ROOT, 'ops/prometheus'), folder, { recursive: true });
    const token = join(ROOT, compose.secrets['read-token']!.file);
    const here = read('ops/prometheus/prometheus.yaml')
      .replace('/etc/prometheus/rules', join(folder, 'rules'))
      .replace('/run/secrets/read-token', token);
    writeFileSync(join(folder, 'prometheus.yaml'), here);
    const checked = execFileSync('promtool', ['check', 'config', join(folder, 'prometheus.yaml')], {
      encoding: 'utf8',
    });
    assert.match(checked, /[1-9]\d* rule files? found/);
  });

  it('opens with a dashboard that is there, on a source that is Prometheus', () => {
    const { environment = {}, volumes = [] } = services.grafana!;
    const home = environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH!;
    const mounts = volumes.map((volume) => volume.split(':') as [string, string]);
    const [from, at] = mounts.find(([, inside]) => home.startsWith(`${inside}/`))!;
    assert.ok(existsSync(join(ROOT, from, home.slice(at.length))), home);
    const [provider] = parse(read('ops/grafana/provisioning/dashboards/tidemark.yaml')).providers;
    assert.equal(provider.options.path, at);
    const [source] = parse(read('ops/grafana/provisioning/datasources/prometheus.yaml')).datasources;
    const { hostname, port } = new URL(source.url);
    assert.ok(hostname in services);
    assert.equal(port, services[hostname]!.ports![0]!.split(':').at(-1));
  });
});
