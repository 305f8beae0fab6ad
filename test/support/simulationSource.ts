import { TidemarkError } from '../../src/errors.ts';
import type {
  Block,
  GoneReason,
  Lease,
  Position,
  SeekResult,
  SeekTarget,
  Source,
  SourceEvents,
} from '../../src/pipeline/ports.ts';
import type { SimulatedBroker } from './simulationBroker.ts';
import type { ProcessClock } from './simulationClock.ts';
import { makeBlock } from './simulationEvents.ts';
import type { SeededRandom } from './simulationRandom.ts';

interface Held {
  readonly lease: Lease;
  position: number;
  /** Given and not released, oldest first. */
  readonly out: Block[];
}

export interface SourceFaults {
  /** Bytes beyond which the pipeline must not ask. */
  readonly maxInFlightBytes: number;
  /** How often, in percent, a commit is refused or does not reach the broker. */
  readonly commitPercent: number;
  readonly slowMs: number;
  /** How many blocks of a lease may be out at a time. */
  readonly maxOut: number;
}

/** One member of the group. What it is asked to do wrongly, the broker is told as a violation. */
export class SimulatedSource implements Source {
  readonly capabilities = {
    name: 'simulated',
    deliveries: ['at-least-once'],
    readCommitted: 'full',
    drainsBeforeRevoke: 'full',
    staticMembership: false,
    compression: [],
    seek: true,
  } as const;
  /** Nothing may be asked for. */
  paused = false;
  readonly #broker: SimulatedBroker;
  readonly #random: SeededRandom;
  readonly #clock: ProcessClock;
  readonly #faults: SourceFaults;
  readonly #held = new Map<number, Held>();
  readonly #unreleased = new Set<Block>();
  /** Blocks that may be on their way to the pipeline when their lease goes. */
  readonly #late = new Set<Block>();
  #events: SourceEvents | undefined;
  #asked: ((block: Block | undefined) => void) | undefined;
  #cutting = false;

  constructor(broker: SimulatedBroker, random: SeededRandom, clock: ProcessClock, faults: SourceFaults) {
    this.#broker = broker;
    this.#random = random;
    this.#clock = clock;
    this.#faults = faults;
  }

  /** Partitions that are held and not about to end. */
  get partitions(): number[] {
    return [...this.#held.values()]
      .filter(({ lease }) => lease.state.kind === 'held')
      .map(({ lease }) => lease.partition);
  }

  get unreleasedBytes(): number {
    let bytes = 0;
    for (const block of this.#unreleased) bytes += block.bytes.byteLength;
    return bytes;
  }

  get unreleasedBlocks(): number {
    return this.#unreleased.size;
  }

  start(events: SourceEvents): Promise<void> {
    this.#events = events;
    this.#clock.timer(this.#random.between(0, 5), () => this.grant(this.#broker.inputs.map((_, i) => i)));
    return Promise.resolve();
  }

  next(): Promise<Block | undefined> {
    if (this.#asked !== undefined) this.#broker.violated('the source was asked twice at a time');
    if (this.paused) this.#broker.violated('the source was asked during a pause');
    if (this.unreleasedBytes >= this.#faults.maxInFlightBytes)
      this.#broker.violated(`P4: asked for more with ${this.unreleasedBytes} bytes in hand`);
    return new Promise((resolve) => {
      this.#asked = resolve;
      this.#answer();
    });
  }

  release(block: Block): void {
    const { lease } = block;
    if (!this.#unreleased.delete(block)) this.#broker.violated('a block was released twice');
    const held = this.#held.get(lease.partition);
    if (lease.state.kind !== 'gone') {
      this.#judgeRelease(block);
      if (held?.out.shift() !== block)
        this.#broker.violated(`${place(lease)}: a block was released before the one it came after`);
    }
    // From here on the bytes are another record's.
    block.bytes.fill(0xff);
    block.spans.fill(0x7fffff);
    block.offsets.fill(-9);
    this.#answer();
  }

  async commit(positions: readonly Position[]): Promise<'committed' | 'refused'> {
    for (const { lease } of positions) {
      if (lease.state.kind === 'gone') this.#broker.violated(`a commit for ${place(lease)}, which is gone`);
    }
    await new Promise<void>((resolve) => this.#clock.timer(this.#random.between(0, 10), resolve));
    if (this.#random.chance(this.#faults.commitPercent)) {
      if (this.#random.chance(50)) return 'refused';
      throw new TidemarkError('E-KAFKA-UNREACHABLE', 'the coordinator does not answer');
    }
    for (const { lease, offset } of positions) {
      if (lease.state.kind !== 'gone') this.#broker.commit(lease.partition, offset);
    }
    return 'committed';
  }

  async seek(lease: Lease, to: SeekTarget): Promise<SeekResult> {
    const { partition } = lease;
    const refused = (why: string): SeekResult => ({ kind: 'refused', why });
    if (this.#held.get(partition)?.lease !== lease || lease.state.kind !== 'held') return refused('not held');
    const withinMs = this.#random.pick([0, 50, 2000]);
    const ending = { kind: 'ending', deadlineMs: this.#clock.now() + withinMs } as const;
    lease.state = ending;
    await Promise.race([this.#events?.ending([lease], ending.deadlineMs), this.#wait(withinMs)]);
    if (lease.state !== ending) return refused('given up meanwhile');
    const isLate = this.#clock.now() >= ending.deadlineMs;
    const { committed, endOffset } = this.#broker.inputs[partition];
    const skip = typeof to === 'object' && 'skip' in to ? to.skip : 0;
    const offset = Math.min(committed + skip, endOffset);
    if (!isLate) {
      this.judgeDrained([lease]);
      this.#broker.skipTo(partition, offset);
      // Where a process dies that was told that the commit counts.
      await this.#wait(this.#random.between(0, 10));
      if (lease.state !== ending) return refused('given up meanwhile');
    }
    this.lose([partition], 'moved');
    this.grant([partition]);
    return isLate ? refused('too slow') : { kind: 'moved', from: committed, to: offset };
  }

  async stop(): Promise<void> {
    this.lose([...this.#held.keys()], 'closed');
    this.#asked?.(undefined);
    this.#asked = undefined;
  }

  // ------------------------------------------------------------------------------------------- What the group does

  grant(partitions: readonly number[]): void {
    this.#broker.generation++;
    const leases = partitions.map((partition): Lease => {
      const { generation } = this.#broker;
      const lease: Lease = { topic: 'in', partition, generation, state: { kind: 'held' } };
      const position = this.#broker.inputs[partition].committed;
      this.#held.set(partition, { lease, position, out: [] });
      return lease;
    });
    this.#events?.granted(leases);
    for (const lease of leases) this.#events?.begins(lease, this.#broker.inputs[lease.partition].committed);
    this.#answer();
  }

  /** Ends leases as a rebalance does: the pipeline has `withinMs` to finish what is in hand. */
  async end(partitions: readonly number[], withinMs: number): Promise<void> {
    const deadlineMs = this.#clock.now() + withinMs;
    const leases = this.#leasesOf(partitions);
    for (const lease of leases) lease.state = { kind: 'ending', deadlineMs };
    const late = new Promise<void>((resolve) => this.#clock.timer(withinMs, resolve));
    await Promise.race([this.#events?.ending(leases, deadlineMs), late]);
    if (this.#clock.now() < deadlineMs) this.judgeDrained(leases);
    this.lose(partitions, 'revoked');
  }

  lose(partitions: readonly number[], reason: GoneReason): void {
    const leases = this.#leasesOf(partitions);
    for (const lease of leases) {
      lease.state = { kind: 'gone', reason };
      this.#held.delete(lease.partition);
    }
    this.#events?.gone(leases);
    for (const block of this.#unreleased) {
      if (leases.includes(block.lease) && !this.#late.has(block))
        this.#broker.violated(`a block of ${place(block.lease)} outlived its lease`);
    }
  }

  /** Everything written under these leases is committed: nobody will read it again. */
  judgeDrained(leases: readonly Lease[] = [...this.#held.values()].map(({ lease }) => lease)): void {
    for (const { lease, offset } of this.#broker.written) {
      if (lease === undefined || !leases.includes(lease)) continue;
      if (offset >= this.#broker.inputs[lease.partition].committed)
        this.#broker.violated(`${place(lease)} was drained, but @${offset} is not committed`);
    }
  }

  // --------------------------------------------------------------------------------------------------------- Blocks

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.timer(ms, resolve));
  }

  #leasesOf(partitions: readonly number[]): Lease[] {
    return partitions.flatMap((partition) => this.#held.get(partition)?.lease ?? []);
  }

  #answer(): void {
    if (this.#asked === undefined || this.#cutting) return;
    const ready = [...this.#held.values()].filter((held) => this.#canGive(held));
    if (ready.length === 0) return;
    const held = this.#random.pick(ready);
    this.#cutting = true;
    if (this.#random.chance(30)) this.#give(held);
    else this.#clock.timer(this.#random.between(0, this.#faults.slowMs), () => this.#give(held));
  }

  #canGive({ lease, position, out }: Held): boolean {
    const { endOffset } = this.#broker.inputs[lease.partition];
    return lease.state.kind === 'held' && out.length < this.#faults.maxOut && position < endOffset;
  }

  #give(held: Held): void {
    this.#cutting = false;
    if (this.#asked === undefined) return;
    const gone = held.lease.state.kind === 'gone';
    if (!this.#canGive(held) && !(gone && this.#random.chance(50))) {
      this.#answer();
      return;
    }
    const block = this.#cut(held);
    for (const offset of block.offsets) this.#broker.handOut(held.lease.partition, offset);
    this.#unreleased.add(block);
    if (gone || this.#random.chance(5)) this.#late.add(block);
    const asked = this.#asked;
    this.#asked = undefined;
    asked(block);
    // Found out between giving the block and its arrival.
    if (!gone && this.#late.has(block) && this.#random.chance(10)) this.#loseForNow(held.lease.partition);
  }

  #loseForNow(partition: number): void {
    this.lose([partition], 'lost');
    this.#clock.timer(this.#random.between(1, 50), () => this.grant([partition]));
  }

  #cut(held: Held): Block {
    const { records, endOffset } = this.#broker.inputs[held.lease.partition];
    const rest = records.filter(({ offset }) => offset >= held.position);
    const gap = (rest[0]?.offset ?? endOffset) - held.position;
    let taken = rest.slice(0, this.#random.between(1, 12));
    let nextOffset: number;
    if (gap > 0 && (rest.length === 0 || this.#random.chance(30))) {
      taken = [];
      nextOffset = held.position + this.#random.between(1, gap);
    } else {
      const beyond = rest[taken.length]?.offset ?? endOffset;
      nextOffset = this.#random.chance(50) ? beyond : taken[taken.length - 1].offset + 1;
    }
    const block = makeBlock(held.lease, taken, nextOffset, endOffset);
    held.position = nextOffset;
    held.out.push(block);
    this.#broker.mostBlocks = Math.max(this.#broker.mostBlocks, held.out.length);
    return block;
  }

  #judgeRelease(block: Block): void {
    const { partition } = block.lease;
    for (const record of this.#broker.inputs[partition].records) {
      if (block.offsets.includes(record.offset) && !this.#broker.hasOutcome(partition, record))
        this.#broker.violated(`P1: a block was released before the outcome of ${partition}@${record.offset}`);
    }
  }
}

function place({ topic, partition, generation }: Lease): string {
  return `${topic}/${partition} of generation ${generation}`;
}
