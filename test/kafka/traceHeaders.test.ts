import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseTraceParent } from '@opentelemetry/core';
import fc from 'fast-check';
import { decodeHeaders, encodeHeaders, type Header } from '../../src/kafka/headers.ts';
import { TraceHeaderReader } from '../../src/kafka/traceHeaders.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const SAMPLED = `00-${TRACE}-${SPAN}-01`;

const utf8 = (text: string) => Buffer.from(text);
const header = (name: string, value: string | null): Header => ({
  name,
  value: value === null ? null : utf8(value),
});

/** Both answers for headers that lie between other bytes. */
function answers(headers: readonly Header[]) {
  const raw = encodeHeaders(headers);
  const bytes = Buffer.concat([Buffer.alloc(3, 0xff), raw, Buffer.alloc(3, 0xff)]);
  const reader = new TraceHeaderReader();
  return {
    isSampled: reader.isSampled(bytes, 3, 3 + raw.length),
    context: reader.contextOf(bytes, 3, 3 + raw.length),
  };
}

/** The recommendation, slowly: https://www.w3.org/TR/trace-context/#traceparent-header-field-values */
function slowly(headers: readonly Header[]) {
  const raw = encodeHeaders(headers);
  const last = decodeHeaders(raw, 0, raw.length).findLast(({ name }) => name === 'traceparent');
  const text = Buffer.from(last?.value ?? '').toString('latin1');
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/s.exec(text);
  if (match === null || match[1] === 'ff' || /^0+$/.test(match[2]!) || /^0+$/.test(match[3]!))
    return undefined;
  if (match[1] === '00' && match[5] !== undefined) return undefined;
  return { traceId: match[2], spanId: match[3], isSampled: (Number.parseInt(match[4]!, 16) & 1) === 1 };
}

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });

const mostly = (usual: fc.Arbitrary<string>, ...odd: string[]) =>
  fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: fc.constantFrom(...odd) });

/** Valid ones, and valid ones that something was done to. */
const traceparent = fc
  .tuple(
    mostly(fc.constantFrom('00', '01', 'fe'), 'ff', '0g'),
    mostly(hex(32), '0'.repeat(32), 'A'.repeat(32)),
    mostly(hex(16), '0'.repeat(16)),
    mostly(hex(2), '0F', '0/', '0:', 'g1', '`1'),
    mostly(fc.constant(''), '-', '-more', 'more', ' '),
    mostly(fc.constant('-'), '_'),
  )
  .map(([version, trace, span, flags, rest, dash]) => `${version}-${trace}${dash}${span}-${flags}${rest}`);
const value = fc.oneof(
  { weight: 5, arbitrary: traceparent },
  { weight: 1, arbitrary: traceparent.chain((text) => fc.nat(text.length).map((cut) => text.slice(0, cut))) },
  { weight: 1, arbitrary: fc.string({ maxLength: 80 }) },
);
const anyHeader: fc.Arbitrary<Header> = fc.oneof(
  fc.option(value, { freq: 9 }).map((text) => header('traceparent', text)),
  fc
    .tuple(
      fc.constantFrom('Traceparent', 'traceparen', 'traceparent2', 'xraceparent', 'traceparenu', '', 'é'),
      value,
    )
    .map(([name, text]) => header(name, text)),
  fc
    .tuple(fc.string({ maxLength: 90 }), fc.option(fc.uint8Array({ maxLength: 90 })))
    .map(([name, bytes]) => ({ name, value: bytes })),
);

describe('the producer’s span in the headers of a record', () => {
  test('is found, and judged, as the recommendation says it slowly', () => {
    let valid = 0;
    fc.assert(
      fc.property(fc.array(anyHeader, { maxLength: 5 }), (headers) => {
        const expected = slowly(headers);
        const { isSampled, context } = answers(headers);
        assert.equal(isSampled, expected?.isSampled ?? false);
        assert.equal(context === undefined, expected === undefined);
        if (context === undefined) return;
        valid++;
        // What is said to be valid here is so to the library that makes spans of it.
        const parsed = parseTraceParent(context.traceparent);
        assert.deepEqual([parsed?.traceId, parsed?.spanId], [expected!.traceId, expected!.spanId]);
      }),
      { numRuns: 5_000 },
    );
    assert.ok(valid > 500, `only ${valid} were valid`);
  });

  test('is the last of several, as Kafka’s own lastHeader', () => {
    const [first, last] = [header('traceparent', SAMPLED), header('traceparent', `00-${TRACE}-${SPAN}-00`)];
    assert.deepEqual([answers([first!, last!]).isSampled, answers([last!, first!]).isSampled], [false, true]);
    assert.equal(answers([first!, header('traceparent', null)]).context, undefined);
  });

  test('comes with what vendors put beside it, unless that is too long', () => {
    const context = (tracestate: string) =>
      answers([header('tracestate', tracestate), header('traceparent', SAMPLED)]).context;
    assert.deepEqual(context('a=1,b=2'), { traceparent: SAMPLED, tracestate: 'a=1,b=2' });
    assert.deepEqual(context(`a=${'x'.repeat(600)}`), { traceparent: SAMPLED });
    assert.deepEqual(context(''), { traceparent: SAMPLED });
  });

  for (const [what, text] of [
    ['a version that is forbidden', `ff-${TRACE}-${SPAN}-01`],
    ['a version that is no number', `zz-${TRACE}-${SPAN}-01`],
    ['more than version 00 has', `${SAMPLED}-more`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['capitals', SAMPLED.toUpperCase()],
    ['a space before it', ` ${SAMPLED}`],
    ['one character less', SAMPLED.slice(0, -1)],
    ['nothing', ''],
    ['a megabyte', `${SAMPLED}${'x'.repeat(1_000_000)}`],
    ['other dashes', SAMPLED.replaceAll('-', '_')],
    ['letters that are no digits', SAMPLED.replace(/.$/, 'g')],
    ['a line break behind it', `${SAMPLED}\n`],
  ] as const) {
    test(`is none with ${what}`, () => {
      assert.deepEqual(answers([header('traceparent', text)]), { isSampled: false, context: undefined });
    });
  }

  test('of a later version is understood by its beginning', () => {
    const { isSampled, context } = answers([header('traceparent', `01-${TRACE}-${SPAN}-01-more`)]);
    assert.deepEqual([isSampled, context?.traceparent], [true, `01-${TRACE}-${SPAN}-01`]);
  });

  test('is none without headers', () => {
    assert.deepEqual(answers([]), { isSampled: false, context: undefined });
    const reader = new TraceHeaderReader();
    assert.equal(reader.isSampled(new Uint8Array(0), 0, 0), false);
  });
});
