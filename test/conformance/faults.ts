/** What any client keeps while brokers go away and come back, and with credentials: on brokers that each part has for itself. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { KafkaConnection } from '../../src/kafka/connection.ts';
import type { Sink } from '../../src/pipeline/ports.ts';
import { type Stack, startStack } from '../../tools/stack/stack.ts';
import { brokersAlone } from '../support/ownStack.ts';
import { createTopic } from '../support/stack.ts';
import type { ClientUnderTest, NewClient } from './client.ts';
import { append, blockOf, NO_HEADERS, SinkLog } from './sinks.ts';
import { Drinker, SourceLog, unique, until } from './support.ts';

const TIME = 1_700_000_000_000;

/** Sends numbered records, one a send, until told to stop. */
class NumberedWriter {
  sent = 0;
  readonly done: Promise<void>;
  #stopped = false;

  constructor(sink: Sink, topic: string, partitions: number) {
    this.done = this.#write(sink, topic, partitions);
  }

  async #write(sink: Sink, topic: string, partitions: number): Promise<void> {
    const stamp = sink.newStamp([], { source: false });
    while (!this.#stopped) {
      const records = sink.newRecords(topic, this.sent % partitions);
      append(records, blockOf(null, NO_HEADERS, this.sent), String(this.sent), TIME, stamp);
      assert.deepEqual(await sink.send([records]), []);
      this.sent++;
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.done;
  }
}

function missing(drinker: Drinker, sent: number): number[] {
  const read = new Set(drinker.values().map(Number));
  return Array.from({ length: sent }, (_, i) => i).filter((i) => !read.has(i));
}

async function open({ newSource, newSink }: ClientUnderTest, topic: string) {
  const sinkLog = new SinkLog();
  const sink = newSink({}, sinkLog);
  const sourceLog = new SourceLog();
  const source = newSource({ topic, group: unique('group') });
  await source.start(sourceLog);
  const drinker = new Drinker(source, async (block) => {
    // As the pipeline does: what cannot be committed now is committed with the next.
    await source.commit([{ lease: block.lease, offset: block.nextOffset }]).catch(() => {});
  });
  const close = () => Promise.all([sink.stop(), source.stop()]);
  return { sink, sinkLog, source, sourceLog, drinker, close };
}

function restarts(name: string, newClient: NewClient): void {
  describe(`${name}: one broker`, { timeout: 240_000 }, () => {
    let stack: Stack;
    before(async () => {
      stack = await startStack({ given: brokersAlone });
    });
    after(() => stack?.stop());

    test('a restart pauses reading and writing, visibly, and nothing is lost', async () => {
      const topic = await createTopic(unique('restart'), 2, { brokers: stack.brokers });
      const { sink, sinkLog, sourceLog, drinker, close } = await open(
        newClient({ brokers: stack.brokers, clientId: 'fault' }),
        topic,
      );
      await sink.start();
      const writer = new NumberedWriter(sink, topic, 2);
      await until('some records', () => drinker.records.length > 50);
      await stack.killBroker(0);
      await until('both pauses', () => sinkLog.pauses.length > 0 && sourceLog.pauses.length > 0);
      assert.equal(sinkLog.pauses[0]?.code, 'E-KAFKA-UNREACHABLE');
      assert.equal(sourceLog.pauses[0]?.code, 'E-KAFKA-UNREACHABLE');
      await stack.startBroker(0);
      await until('both resumed', () => sinkLog.resumes > 0 && sourceLog.resumes > 0, 60_000);
      const resumedAt = writer.sent;
      await until('more records', () => writer.sent > resumedAt + 50);
      await writer.stop();
      await until('all records', () => missing(drinker, writer.sent).length === 0, 60_000);
      assert.deepEqual(sourceLog.failures, []);
      await close();
    });

    test('the order in which things start does not matter', async () => {
      const topic = await createTopic(unique('order'), 1, { brokers: stack.brokers });
      await stack.stopBroker(0);
      const { sink, sinkLog, sourceLog, drinker, close } = await open(
        newClient({ brokers: stack.brokers, clientId: 'fault' }),
        topic,
      );
      const starting = sink.start();
      await until('both pauses', () => sinkLog.pauses.length > 0 && sourceLog.pauses.length > 0);
      await stack.startBroker(0);
      await starting;
      const writer = new NumberedWriter(sink, topic, 1);
      await until('records', () => drinker.records.length > 10, 60_000);
      await writer.stop();
      await close();
    });

    test('stop does not wait for a broker that is gone', async () => {
      const topic = await createTopic(unique('stop'), 1, { brokers: stack.brokers });
      const { sink, sinkLog, sourceLog, drinker, close } = await open(
        newClient({ brokers: stack.brokers, clientId: 'fault' }),
        topic,
      );
      await sink.start();
      const writer = new NumberedWriter(sink, topic, 1);
      writer.done.catch(() => {});
      await until('some records', () => drinker.records.length > 5);
      await stack.killBroker(0);
      await until('both pauses', () => sinkLog.pauses.length > 0 && sourceLog.pauses.length > 0);
      let closed = false;
      const closing = close().then(() => {
        closed = true;
      });
      await until('the end', () => closed, 20_000);
      await closing;
      await assert.rejects(writer.done, { code: 'E-KAFKA-UNREACHABLE' });
      await stack.startBroker(0);
    });
  });
}

function lostBrokers(name: string, newClient: NewClient): void {
  describe(`${name}: three brokers`, { timeout: 300_000 }, () => {
    let stack: Stack;
    before(async () => {
      stack = await startStack({ given: brokersAlone, brokers: 3 });
    });
    after(() => stack?.stop());

    test('the death of any broker in turn loses nothing', async () => {
      const topic = await createTopic(unique('death'), 6, {
        brokers: stack.brokers,
        replication: 3,
        config: { 'min.insync.replicas': '2' },
      });
      const { sink, sourceLog, drinker, close } = await open(
        newClient({ brokers: stack.brokers, clientId: 'fault' }),
        topic,
      );
      await sink.start();
      const writer = new NumberedWriter(sink, topic, 6);
      for (let broker = 0; broker < 3; broker++) {
        const before = writer.sent;
        await until('some records', () => writer.sent > before + 30, 60_000);
        await stack.killBroker(broker);
        const without = writer.sent;
        await until(`records without broker ${broker + 1}`, () => writer.sent > without + 30, 60_000);
        await stack.startBroker(broker);
      }
      await writer.stop();
      await until('all records', () => missing(drinker, writer.sent).length === 0, 90_000);
      assert.deepEqual(sourceLog.failures, []);
      await close();
    });

    test('too few replicas are waited for', async () => {
      const topic = await createTopic(unique('replicas'), 1, {
        brokers: stack.brokers,
        replication: 3,
        config: { 'min.insync.replicas': '3' },
      });
      const { sink, sinkLog, drinker, close } = await open(
        newClient({ brokers: stack.brokers, clientId: 'fault' }),
        topic,
      );
      await sink.start();
      const writer = new NumberedWriter(sink, topic, 1);
      await until('some records', () => drinker.records.length > 5, 60_000);
      await stack.stopBroker(2);
      await until('the pause', () => sinkLog.pauses.length > 0, 60_000);
      const paused = writer.sent;
      await stack.startBroker(2);
      await until('more records', () => writer.sent > paused + 5, 90_000);
      await writer.stop();
      await until('all records', () => missing(drinker, writer.sent).length === 0, 60_000);
      await close();
    });
  });
}

function credentials(name: string, newClient: NewClient): void {
  describe(`${name}: secured brokers`, { timeout: 120_000 }, () => {
    const account = { username: 'tidemark', password: 'correct horse' };
    let stack: Stack;
    before(async () => {
      stack = await startStack({ given: brokersAlone, sasl: account, tls: true });
    });
    after(() => stack?.stop());

    async function reads(connection: KafkaConnection): Promise<void> {
      const topic = await createTopic(unique('secured'), 1, { brokers: stack.brokers });
      const { sink, drinker, sourceLog, close } = await open(newClient(connection), topic);
      await sink.start();
      const writer = new NumberedWriter(sink, topic, 1);
      await until('records', () => drinker.records.length > 5);
      await writer.stop();
      await close();
      assert.deepEqual(sourceLog.failures, []);
    }

    async function refuses(connection: KafkaConnection): Promise<void> {
      const { sink, sourceLog, close } = await open(newClient(connection), unique('nothing'));
      await assert.rejects(sink.start(), { code: 'E-KAFKA-AUTH' });
      await until('the failure', () => sourceLog.failures.length === 1);
      assert.equal(sourceLog.failures[0]?.code, 'E-KAFKA-AUTH');
      assert.ok(!sourceLog.failures[0]?.message.includes('horse'), 'no secret in the message');
      await close();
    }

    for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
      test(`SASL ${mechanism} lets in with the right password and stops with a wrong one`, async () => {
        const connection = { brokers: stack.saslBrokers, clientId: 'sasl' };
        await reads({ ...connection, sasl: { mechanism, ...account } });
        await refuses({ ...connection, sasl: { mechanism, ...account, password: 'wrong horse' } });
      });
    }

    test('TLS trusts the certificate it is given and no other', async () => {
      const { brokers, ca } = stack.tls!;
      await reads({ brokers, clientId: 'tls', tls: { ca } });
      await reads({ brokers, clientId: 'tls', tls: { rejectUnauthorized: false } });
      await refuses({ brokers, clientId: 'tls', tls: true });
    });
  });
}

export function faultConformance(name: string, newClient: NewClient): void {
  restarts(name, newClient);
  lostBrokers(name, newClient);
  credentials(name, newClient);
}
