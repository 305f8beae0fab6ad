/** A console with something to show, without Kafka: the real server over real telemetry. */
import type { Access } from '../../src/http/access.ts';
import type { HttpParts } from '../../src/http/parts.ts';
import { Replica } from '../../src/http/replica.ts';
import { startHttp } from '../../src/http/server.ts';
import type { Chronicle } from '../../src/telemetry/chronicle.ts';
import type { Telemetry } from '../../src/telemetry/events.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { quietTelemetry } from '../support/quietTelemetry.ts';
import { Flow } from './flow.ts';
import { auditRecords, groupView, scaleView } from './views.ts';

const STEP_MS = 2_000;
const PAST_MS = 900_000;

export interface World {
  readonly url: string;
  readonly port: number;
  readonly telemetry: Telemetry;
  /** What was sent to /api/commands. */
  readonly commands: unknown[];
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly access?: Access;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly pid?: number;
  /** Without the parts of others: group, scale, audit, commands. */
  readonly alone?: boolean;
  /** Lets partition 4 stand still. */
  readonly stuck?: boolean;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { access = { loopback: true }, port = 0, pid = 4121, alone = false, stuck = false } = options;
  const metrics = createMetrics({ pipeline: 'card-fraud', version: '0.1.0', sloP99Ms: 100 });
  const { telemetry, health, chronicle } = quietTelemetry(metrics);
  const startedMs = Date.now() - 5_000_000 + pid;
  const replica = new Replica({
    registry: metrics.registry,
    health,
    chronicle,
    facts: {
      process: { host: 'scorer-7f9c', pid, startedMs, version: '0.1.0', node: '24.21.0' },
      pipeline: PIPELINE,
      slo: { p99Seconds: 0.1, from: 'event' },
    },
  });
  const flow = new Flow(telemetry, stuck);
  for (let at = Date.now() - PAST_MS; at < Date.now() - STEP_MS; at += STEP_MS) {
    flow.step(at);
    await replica.look(at, performance.now() - (Date.now() - at));
  }
  reject(telemetry);
  const commands: unknown[] = [];
  const parts: HttpParts = { ...ownParts(replica, chronicle), ...(alone ? {} : otherParts(stuck, commands)) };
  const server = await startHttp({ host: '127.0.0.1', port, metrics, health, telemetry, access, parts });
  const going = setInterval(() => flow.step(Date.now()), STEP_MS);
  replica.start();
  return {
    url: `http://127.0.0.1:${server.port}/`,
    port: server.port,
    telemetry,
    commands,
    close: async () => {
      clearInterval(going);
      replica.stop();
      await server.close();
    },
  };
}

const PIPELINE = {
  name: 'card-fraud',
  group: 'card-fraud-scorer',
  topic: 'transactions',
  outputTopic: 'transactions.scored',
  deadLetterTopic: 'transactions.dead-letter',
  client: 'native',
  delivery: 'at-least-once',
};

function ownParts(replica: Replica, chronicle: Chronicle): HttpParts {
  return {
    replica: (since) => replica.view(since),
    rejections: () => ({
      keptPerCode: 50,
      rejections: chronicle.rejections.map(({ id, traceId: _, schemaId, ...rest }) => ({
        ...rest,
        ...(id !== undefined && { id }),
        ...(schemaId !== undefined && { schemaId }),
      })),
    }),
    payload: async (place) => ({
      place,
      bytes: 271,
      key: 'C01768',
      value: { transaction_id: 't-1', note: '<img src=x onerror=alert(1)>' },
    }),
  };
}

function otherParts(stuck: boolean, commands: unknown[]): Partial<HttpParts> {
  return {
    group: () => groupView(stuck),
    scale: () => scaleView(stuck),
    audit: async () => auditRecords(),
    commands: async (request) => {
      commands.push(request);
      const replica = { host: 'scorer-7f9c', pid: 4121 };
      const answer = {
        atMs: Date.now(),
        command: 'pause' as const,
        replica,
        applied: true,
        result: 'paused',
      };
      return { done: true, answers: [answer], members: 1 };
    },
  };
}

function reject(telemetry: Telemetry): void {
  const frame = 'the value begins with byte 0x7b instead of 0x00';
  telemetry.eventRejected('E-AVRO-FRAME', frame, 'transactions/3@1000123', undefined);
  const range = '<b>amount</b> is -3, less than 0';
  telemetry.eventRejected('E-FEATURE-RANGE', range, 'transactions/1@1000456', 't-88121', undefined, 12);
  for (let i = 0; i < 20; i++) {
    const place = `transactions/${i % 6}@${1_001_000 + i}`;
    telemetry.eventRejected(
      'E-FEATURE-MISSING',
      'terminal_risk_30d is null',
      place,
      `t-${90_000 + i}`,
      undefined,
      12,
    );
  }
}
