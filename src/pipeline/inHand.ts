import type { Telemetry } from '../telemetry/events.ts';
import type { Block, Lease, Source } from './ports.ts';

/** The blocks between fetch and last outcome, counted so that they stay within the budget (P4). */
export class InHand {
  readonly #blocks = new Set<Block>();
  /** Blocks by the bytes they lie in: those of one fetch may share them, and keep them until the last is released. */
  readonly #sharing = new Map<Uint8Array, number>();
  readonly #source: Source;
  readonly #telemetry: Telemetry;
  bytes = 0;
  events = 0;

  constructor(source: Source, telemetry: Telemetry) {
    this.#source = source;
    this.#telemetry = telemetry;
  }

  /** Blocks whose lease is held, that is: that wait for the pipeline and for nobody else. */
  get heldBlocks(): number {
    let count = 0;
    for (const block of this.#blocks) if (block.lease.state.kind === 'held') count++;
    return count;
  }

  take(block: Block): void {
    this.#blocks.add(block);
    const sharing = this.#sharing.get(block.bytes) ?? 0;
    this.#sharing.set(block.bytes, sharing + 1);
    if (sharing === 0) this.bytes += block.bytes.byteLength;
    this.events += block.count;
    this.#telemetry.inFlight(this.bytes, this.events);
  }

  release(block: Block): void {
    if (!this.#blocks.delete(block)) return;
    const sharing = (this.#sharing.get(block.bytes) ?? 1) - 1;
    if (sharing > 0) this.#sharing.set(block.bytes, sharing);
    else {
      this.#sharing.delete(block.bytes);
      this.bytes -= block.bytes.byteLength;
    }
    this.events -= block.count;
    this.#source.release(block);
    this.#telemetry.inFlight(this.bytes, this.events);
  }

  /** Whatever of leases that are gone was still in hand, read or not. */
  releaseAll(leases: readonly Lease[]): void {
    const gone = new Set(leases);
    for (const block of this.#blocks) if (gone.has(block.lease)) this.release(block);
  }
}
