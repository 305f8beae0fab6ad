/**
 * The idempotent producer's side of one partition: which record batch may be sent now and under which number, and what an
 * answer means for it and for those behind it. Pure: answers come in, batches and verdicts go out; no clock, no socket.
 *
 * What the broker does (KIP-98, KIP-360; ProducerStateManager): for each producer it keeps the last five batches of a
 * partition. One that repeats any of these is answered as if it were new, one that does not continue the last is
 * OUT_OF_ORDER_SEQUENCE_NUMBER and not written, and of a producer that it does not know it takes whatever comes first.
 *
 * From this follow the rules here.
 *
 * 1. *Five from the first unanswered*, no more: one sent again behind which five others were written would not be recognised.
 * 2. *The first goes alone*, until it is acknowledged: to a broker that does not know us yet, a second batch is as good as the
 *    first, and would be written in its place were the first refused for want of replicas. So after a new identity, after a
 *    silence in which the broker may have forgotten us, and after every failure.
 * 3. *After a failure all answers are waited for*, whatever they are, and then the first unanswered batch is sent again, alone;
 *    when it is acknowledged the rest follows. Those behind it were called out of order, and no earlier attempt of theirs is
 *    left on the way that could overtake the next one.
 * 4. *An unknown outcome keeps its bytes*: a batch whose answer did not come (or came as one of the errors that brokers also
 *    give after they have written) is sent again as it is until the broker answers for its number. Then it is either there, or it is
 *    not and cannot come to be there any more under that number unless everything before it is.
 * 5. *Numbers move only behind a record that was refused for good*, within the same epoch, and only for batches whose last
 *    attempt was answered with a definite no. Should the conclusion be wrong all the same (a batch was taken after all, then
 *    the topic's limits changed, and its next attempt was refused), the number is in use already and the broker says so:
 *    within one epoch a mistake ends in a stop, never in a record lost or written twice.
 * 6. *A new epoch drops that protection*, so it is taken only when nothing is in flight and of no batch that is left the
 *    outcome of any attempt is unknown. Otherwise nobody can know, and the partition stops with a code: the work in hand is
 *    then read and written again after a restart, which is a repetition that is told, and not a loss.
 */
import { Backlog } from './backlog.ts';
import { ALONE, COMPARING, NAMELESS, OPEN, type Phase, SETTLING, STOPPED } from './phase.ts';
import type { ProducerIdentity } from './sequence.ts';
import type { Answer, Effect, Sequenced, StopReason } from './sequenced.ts';

/** Batches from the first that is not acknowledged. */
const WINDOW = 5;
/** Answers come at a batch's pace. After so long a silence the partition may have moved or the broker forgotten us. */
const SILENCE_MS = 60_000;
/** New identities in a row without anything acknowledged: the broker refuses whatever we call ourselves. */
const MAX_RENEWALS = 3;

export class Sequencer<B extends Sequenced> {
  #phase: Phase = NAMELESS;
  #identity: ProducerIdentity = { producerId: -1, producerEpoch: -1 };
  readonly #backlog = new Backlog<B>();
  #inFlight = 0;
  /** The offset that follows what has left the backlog; -1 when not known. */
  #endOffset = -1;
  #disowned = false;
  #rewound = false;
  #renewals = 0;
  #lastAnswerMs = Number.NEGATIVE_INFINITY;

  get identity(): ProducerIdentity {
    return this.#identity;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get idle(): boolean {
    return this.#backlog.all.length === 0;
  }

  /** What has not left yet, in order. */
  get queue(): readonly B[] {
    return this.#backlog.all;
  }

  add(batch: B): void {
    this.#backlog.add(batch);
  }

  /** The topic was deleted and made anew: its offsets begin again. */
  logReplaced(): void {
    this.#endOffset = -1;
  }

  /** Begins under a new identity; only asked for while nothing is in flight. */
  renewed(identity: ProducerIdentity): void {
    if (this.#phase.kind !== 'nameless') throw new Error('a new identity was not asked for');
    this.#identity = identity;
    this.#backlog.restart();
    this.#phase = ALONE;
  }

  /** Answers the effect `rewound`: whether it is another log, of a topic that was deleted and made anew. */
  compared(isAnother: boolean): readonly Effect<B>[] {
    if (this.#phase.kind !== 'comparing') throw new Error('no comparison was asked for');
    this.#rewound = false;
    return isAnother ? this.#settle() : this.#stop('acknowledged-lost');
  }

  /** The batch to send now, numbered and marked as in flight, or undefined while one has to wait. */
  next(nowMs: number): B | undefined {
    if (this.#phase.kind === 'open' && this.#inFlight === 0 && nowMs - this.#lastAnswerMs > SILENCE_MS)
      this.#phase = ALONE;
    const index = this.#candidate();
    const batch = this.#backlog.all[index];
    if (batch === undefined) return undefined;
    const due = this.#backlog.dueAt(index);
    if (batch.sequence !== due && this.#phase.kind !== 'searching') {
      const sequence = this.#backlog.numberFor(batch, due);
      if (sequence !== due) {
        if (this.#inFlight > 0) return undefined;
        this.#phase = ALONE;
      }
      renumber(batch, sequence);
    }
    batch.inFlight = true;
    this.#inFlight++;
    return batch;
  }

  answered(batch: B, answer: Answer<B>, nowMs: number): readonly Effect<B>[] {
    if (!batch.inFlight) throw new Error('a batch was answered that is not in flight');
    batch.inFlight = false;
    this.#inFlight--;
    this.#lastAnswerMs = nowMs;
    if (this.#phase.kind === 'stopped') return [];
    this.#note(batch, answer);
    if (this.#phase.kind === 'searching') return this.#searched(this.#phase.at, answer);
    if (answer.kind === 'written') return this.#written(batch, answer.baseOffset);
    const wasAlone = this.#phase.kind === 'alone';
    if (this.#phase.kind === 'open') this.#phase = SETTLING;
    if (wasAlone && answer.kind === 'out-of-order') return this.#refusedFirst(batch);
    return this.#settle();
  }

  /** Cuts what was never sent into parts that replace it, in order; `cut` returns undefined where nothing is to be cut. */
  cutUnsent(cut: (batch: B) => readonly B[] | undefined): void {
    this.#backlog.cutUnsent(cut);
  }

  #candidate(): number {
    switch (this.#phase.kind) {
      case 'alone':
        return this.#inFlight === 0 ? 0 : -1;
      case 'searching':
        return this.#inFlight === 0 ? this.#phase.at : -1;
      case 'open':
        return this.#firstInWindow();
      case 'nameless':
      case 'settling':
      case 'comparing':
      case 'stopped':
        return -1;
      default:
        return this.#phase satisfies never;
    }
  }

  /** Rule 1: what was acknowledged behind an unanswered batch counts as well, for the broker has kept it instead. */
  #firstInWindow(): number {
    const index = this.#backlog.firstToSend();
    return index < WINDOW ? index : -1;
  }

  #note(batch: B, answer: Answer<B>): void {
    switch (answer.kind) {
      case 'written':
        batch.last = 'written';
        return;
      case 'unknown':
        batch.last = 'unknown';
        batch.doubt = 'numbers';
        return;
      case 'unfit':
        this.#backlog.replace(batch, answer.parts);
        return;
      case 'disowned':
        batch.last = 'refused';
        this.#disowned = true;
        return;
      case 'out-of-order':
        batch.last = 'refused';
        return;
      case 'not-now':
        // Found before the numbers are looked at, it says nothing of an earlier attempt.
        batch.last = batch.doubt === 'numbers' ? 'unknown' : 'refused';
        return;
      default:
        answer satisfies never;
    }
  }

  #written(batch: B, baseOffset: number): readonly Effect<B>[] {
    this.#renewals = 0;
    if (this.#backlog.all[0] === batch && baseOffset >= 0) {
      // The log ends before what it had acknowledged: it was cut so far back that the broker does not know us any more, or it
      // is the log of another topic of the same name.
      if (baseOffset < this.#endOffset) this.#rewound = true;
      this.#endOffset = baseOffset + batch.count;
    }
    this.#backlog.dropWritten();
    if (this.#rewound) this.#phase = SETTLING;
    else if (this.#phase.kind === 'alone') this.#phase = OPEN;
    const acknowledged: Effect<B> = { kind: 'acknowledged', batch };
    return this.#phase.kind === 'settling' ? [acknowledged, ...this.#settle()] : [acknowledged];
  }

  #settle(): readonly Effect<B>[] {
    if (this.#inFlight > 0) return [];
    if (this.#rewound) {
      this.#phase = COMPARING;
      return [{ kind: 'rewound' }];
    }
    this.#phase = ALONE;
    if (!this.#disowned) return [];
    this.#disowned = false;
    return this.#renew();
  }

  /** Rule 6. Something written behind something that was not means that the order is lost as well. */
  #renew(): readonly Effect<B>[] {
    if (this.#backlog.all.some(({ doubt, last }) => doubt !== 'none' || last === 'written'))
      return this.#stop('outcome-lost');
    if (++this.#renewals > MAX_RENEWALS) return this.#stop('disowned');
    this.#phase = NAMELESS;
    return [{ kind: 'renew', refused: this.#identity }];
  }

  /**
   * The first batch, sent alone, is out of order. When an earlier attempt of it may have been written, it may lie in the log
   * and yet not be recognised: a broker that was restarted in an orderly way knows only the last batch of each producer. One of
   * those behind it may be that last one.
   */
  #refusedFirst(batch: B): readonly Effect<B>[] {
    if (batch.sequence !== this.#backlog.base) {
      // It was not sent under the number that is due, because of rule 4 or a ghost: now it may move.
      this.#backlog.disprove(batch);
      return [];
    }
    return this.#searchOn(0);
  }

  #searched(at: number, answer: Answer<B>): readonly Effect<B>[] {
    switch (answer.kind) {
      case 'out-of-order':
        return this.#searchOn(at);
      case 'written':
        return this.#found(at, answer.baseOffset);
      case 'unknown':
      case 'not-now':
        // Between two answers the partition may have gone to another broker: only answers in a row prove anything.
        this.#phase = ALONE;
        return [];
      case 'unfit':
      case 'disowned':
        return this.#stop('outcome-lost');
      default:
        return answer satisfies never;
    }
  }

  /** The batch at `at` is not what the log ends with. Had the log taken any at all, one that was sent would be its last. */
  #searchOn(at: number): readonly Effect<B>[] {
    const batch = this.#backlog.all[at]!;
    const after = this.#backlog.all[at + 1];
    if (batch.doubt === 'numbers' && after?.doubt === 'numbers' && after.last !== 'written') {
      this.#phase = { kind: 'searching', at: at + 1 };
      return [];
    }
    const isUnsure = batch.doubt === 'records' || after?.last === 'written';
    return this.#stop(isUnsure ? 'outcome-lost' : 'acknowledged-lost');
  }

  /**
   * The broker knows the batch at `at`, or took it as the continuation of its last one: either way those before it are in the
   * log, for it had just shown that it knows us and takes nothing out of order. The offset proves it once more: a log that was
   * deleted and made anew in the meantime has no room for them.
   */
  #found(at: number, baseOffset: number): readonly Effect<B>[] {
    const before = this.#backlog.all.slice(0, at);
    const records = before.reduce((sum, { count }) => sum + count, 0);
    if (this.#endOffset < 0 || baseOffset < this.#endOffset + records) return this.#stop('outcome-lost');
    for (const batch of before) batch.last = 'written';
    const found = this.#backlog.all[at]!;
    this.#endOffset = baseOffset + found.count;
    this.#backlog.dropWritten();
    this.#renewals = 0;
    this.#phase = OPEN;
    return [...before, found].map((batch) => ({ kind: 'acknowledged', batch }));
  }

  #stop(reason: StopReason): readonly Effect<B>[] {
    this.#phase = STOPPED;
    return [{ kind: 'stop', reason }];
  }
}

function renumber(batch: Sequenced, sequence: number): void {
  if (batch.sequence === sequence) return;
  if (batch.doubt === 'numbers') batch.doubt = 'records';
  batch.sequence = sequence;
}
