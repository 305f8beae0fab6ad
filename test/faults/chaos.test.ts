import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type CardFraud, countOf } from '../support/cardFraud.ts';
import { ownStack } from '../support/ownStack.ts';
import { payments } from '../support/payments.ts';
import { copiesBySource, readScored, withoutDuplicates } from '../support/scored.ts';
import { SeededRandom } from '../support/simulationRandom.ts';
import { newSlowCardFraud } from '../support/slow.ts';
import { waitFor } from '../support/stack.ts';
import { runTidemark, type TidemarkProcess } from '../support/tidemark.ts';

const STRIKES = 14;
const CHUNK = 1_000;
const PARTITIONS = 6;
const MOST_MEMBERS = 3;

const stack = await ownStack({ brokers: 3 });

/** Members that come, go and are killed. */
class Fleet {
  readonly #t: TestContext;
  readonly #pipeline: CardFraud;
  readonly #random: SeededRandom;
  readonly members: TidemarkProcess[] = [];
  readonly story: string[] = [];

  constructor(t: TestContext, pipeline: CardFraud, random: SeededRandom) {
    this.#t = t;
    this.#pipeline = pipeline;
    this.#random = random;
  }

  start(): void {
    this.members.push(runTidemark(this.#t, this.#pipeline.file));
  }

  async strike(): Promise<void> {
    const deed = this.#random.pick(['join', 'kill', 'leave', 'broker-down', 'broker-killed'] as const);
    this.story.push(deed);
    switch (deed) {
      case 'join':
        if (this.members.length < MOST_MEMBERS) this.start();
        break;
      case 'kill':
        await this.#take().killed();
        break;
      case 'leave': {
        const member = this.#take();
        // Told to stop while Node still loads it, it would just be gone.
        await member.says({ event: 'state' });
        member.kill('SIGTERM');
        // A drain that meets a rebalance or a lost broker may take all of its time, and then says so.
        const { status } = await member.ended;
        assert.ok(status === 0 || member.logs.some(({ code }) => code === 'E-DRAIN-TIMEOUT'), member.story());
        break;
      }
      default: {
        const broker = this.#random.between(0, 2);
        await (deed === 'broker-down' ? stack.stopBroker(broker) : stack.killBroker(broker));
        await stack.startBroker(broker);
      }
    }
    if (this.members.length === 0) this.start();
  }

  #take(): TidemarkProcess {
    const [member] = this.members.splice(this.#random.between(0, this.members.length - 1), 1);
    return member!;
  }
}

test('nothing is lost and order holds while members and brokers come, go and are killed', async (t) => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
  const random = new SeededRandom(seed);
  const pipeline = await newSlowCardFraud(t, {
    partitions: PARTITIONS,
    replication: 3,
    outputConfig: { 'min.insync.replicas': '2' },
  });
  const all = payments(STRIKES * CHUNK, (at) => `customer-${at % 97}`);
  const fleet = new Fleet(t, pipeline, random);
  const told = () => `seed ${seed}: ${fleet.story.join(', ')}`;
  fleet.start();
  for (let strike = 0; strike < STRIKES; strike++) {
    await pipeline.send(all.slice(strike * CHUNK, (strike + 1) * CHUNK));
    // At some moment of what was just sent.
    const moment = (await countOf(pipeline.output)) + random.between(0, CHUNK);
    const reached = async () => (await countOf(pipeline.output)) >= moment;
    await waitFor(reached, `${moment} outcomes`, 5_000).catch(() => {});
    await fleet.strike();
    for (const member of fleet.members) {
      assert.equal(member.end, undefined, `${told()}: a member ended by itself\n${member.story()}`);
    }
  }

  await runTidemark(t, pipeline.file, '--until-end').summary(180_000);
  const events = await readScored(pipeline.output);
  t.diagnostic(`${told()}; ${events.length - all.length} duplicates`);
  const distinct = copiesBySource(events).size;
  assert.equal(distinct, await countOf(pipeline.input), `${told()}: events are missing`);
  // Whoever drops duplicates as documented drops nothing else: within a partition sources never step back over a new one.
  assert.equal(withoutDuplicates(events).length, distinct, `${told()}: out of order`);
  for (const member of fleet.members) {
    member.kill('SIGTERM');
    await member.endsWith(0);
  }
});
