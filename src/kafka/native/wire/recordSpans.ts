import { SPAN_STRIDE } from '../../../pipeline/ports.ts';

/** Arrays that the records of a block are read into, in the layout of `Block`; kept and used again by whoever pools them. */
export class RecordSpans {
  spans: Int32Array;
  offsets: Float64Array;
  timestamps: Float64Array;
  count = 0;

  /** @param capacity records that fit before the arrays grow. */
  constructor(capacity = 1024) {
    this.spans = new Int32Array(capacity * SPAN_STRIDE);
    this.offsets = new Float64Array(capacity);
    this.timestamps = new Float64Array(capacity);
  }

  /** Makes room for `more` records behind those that are there. */
  reserve(more: number): void {
    const needed = this.count + more;
    if (needed <= this.offsets.length) return;
    const capacity = Math.max(needed, this.offsets.length * 2);
    const spans = new Int32Array(capacity * SPAN_STRIDE);
    const offsets = new Float64Array(capacity);
    const timestamps = new Float64Array(capacity);
    spans.set(this.spans.subarray(0, this.count * SPAN_STRIDE));
    offsets.set(this.offsets.subarray(0, this.count));
    timestamps.set(this.timestamps.subarray(0, this.count));
    this.spans = spans;
    this.offsets = offsets;
    this.timestamps = timestamps;
  }
}
