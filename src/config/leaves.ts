/** The kinds of value a configuration is made of. The message of every check is what would be right. */
import { z } from 'zod';
import { BROKER_EXPECTED, BROKERS_EXPECTED, isBroker, parseBrokers } from './brokers.ts';
import { FIELD_PATH_PATTERN, type FieldPath, parseFieldPath } from './fieldPath.ts';
import {
  OUTPUT_SOURCE_EXPECTED,
  OUTPUT_SOURCE_PATTERN,
  parseOutputSource,
  suggestOutputSource,
} from './outputSource.ts';
import type { StartPosition } from './pipelineConfig.ts';
import { DURATION_PATTERN, parseDuration, parseSize, SIZE_PATTERN } from './units.ts';

// setTimeout overflows at 24.8 days, and no wait in a pipeline is longer than a day.
const MAX_DURATION_MS = 86_400_000;
const MAX_BYTES = 16 * 1_073_741_824;

/** A mapping that refuses unknown keys; the message for one lists the keys there are. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape, what?: string) {
  const keys = Object.keys(shape).join(', ');
  const mapping = what ?? `a mapping with ${keys}`;
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? keys : mapping) });
}

export function text(expected: string) {
  return z.string({ error: expected }).min(1, { error: expected });
}

/** Text that is never shown. Secrecy follows from the key: see `isSecretPath`. */
export function secret(what: string) {
  return text(`${what} as text, best as \${NAME} or \${file:/path}`);
}

/** What fits into an Authorization header (RFC 6750), and is too long to be found by trying. */
export function httpToken() {
  const error = `a token of at least 16 letters, digits or any of . _ ~ + / -, best as \${NAME} or \${file:/path}`;
  return z.string({ error }).regex(/^[A-Za-z0-9._~+/-]{16,}=*$/, { error });
}

export function pem(what: string) {
  const expected = `the PEM text of ${what}; \${file:/path.pem} reads it from a file`;
  return z.string({ error: expected }).regex(/^\s*-----BEGIN /, { error: expected });
}

export function word<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, { error: words.length === 1 ? words[0]! : `one of ${words.join(', ')}` });
}

export function flag() {
  return z.boolean({ error: 'true or false' });
}

export function whole(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

export function finite() {
  return z.number({ error: 'a number' });
}

export function share() {
  const error = 'a share from 0 to 1, such as 0.01';
  return z.number({ error }).min(0, { error }).max(1, { error });
}

/** Milliseconds, from text such as `10s`. */
export function duration(options: { zero: boolean } = { zero: false }) {
  const error = 'a duration such as 5ms, 10s, 2m or 1h';
  return z
    .string({ error })
    .regex(DURATION_PATTERN, { error })
    .transform((value, context) => {
      const ms = parseDuration(value)!;
      if (ms <= MAX_DURATION_MS && (ms > 0 || options.zero)) return ms;
      context.addIssue({
        code: 'custom',
        message: `a duration ${options.zero ? '' : 'above zero and '}of at most 24h`,
      });
      return z.NEVER;
    });
}

/** Bytes, from text such as `64MiB`. */
export function size() {
  const error = 'a size such as 64MiB, 512KiB or 1MB';
  return z
    .string({ error })
    .regex(SIZE_PATTERN, { error })
    .transform((value, context) => {
      const bytes = parseSize(value)!;
      if (bytes <= MAX_BYTES) return bytes;
      context.addIssue({ code: 'custom', message: 'a size of at most 16GiB' });
      return z.NEVER;
    });
}

export function topic() {
  const error = 'a topic name: letters, digits, dot, underscore and hyphen, at most 249 of them';
  return z.string({ error }).regex(/^(?!\.\.?$)[A-Za-z0-9._-]{1,249}$/, { error });
}

const FIELD_PATH_REGEXP = new RegExp(`^${FIELD_PATH_PATTERN}$`);

export function fieldPath() {
  const error = 'a place in the event such as amount, terminal.risk_30d, tags[0] or attributes["a.b"]';
  return z
    .string({ error })
    .regex(FIELD_PATH_REGEXP, { error })
    .transform((value): FieldPath => parseFieldPath(value)!);
}

export function outputSource() {
  return z
    .string({ error: OUTPUT_SOURCE_EXPECTED })
    .meta({ pattern: OUTPUT_SOURCE_PATTERN })
    .transform((value, context) => {
      const source = parseOutputSource(value);
      if (source !== undefined) return source;
      // A check that ran before could not say what was probably meant.
      const suggestion = suggestOutputSource(value);
      context.addIssue({ code: 'custom', message: OUTPUT_SOURCE_EXPECTED, params: { suggestion } });
      return z.NEVER;
    });
}

export function startPosition() {
  const time = z.iso
    .datetime({ offset: true })
    .transform((value): StartPosition => ({ timestampMs: Date.parse(value) }));
  return z.union([z.enum(['earliest', 'latest']), time], {
    error: 'earliest, latest or a time with its zone such as 2026-01-31T08:00:00Z',
  });
}

/** A list of `host:port`, or one text with commas, as environments carry it. */
export function brokers() {
  const list = z
    .array(z.string({ error: BROKER_EXPECTED }).refine(isBroker, { error: BROKER_EXPECTED }))
    .min(1, { error: 'at least one broker' });
  const commaSeparated = z.string().transform((value, context) => {
    const parsed = parseBrokers(value);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: BROKERS_EXPECTED });
    return z.NEVER;
  });
  return z.union([list, commaSeparated], { error: `a list of ${BROKER_EXPECTED}` });
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** HTTP headers, whose values are never shown. */
export function secretHeaders(what: string) {
  const value = secret(what).regex(/^[\t\x20-\x7e]+$/, { error: `${what} in one line of ASCII` });
  const name = z.string().regex(HEADER_NAME, { error: 'the name of an HTTP header' });
  return z.record(name, value, { error: 'a mapping of HTTP headers to their values' });
}

/** The URL of an HTTP service, without slashes at its end. */
export function httpUrl() {
  const error = 'an http or https URL such as http://localhost:8081';
  return z
    .string({ error })
    .regex(/^https?:\/\/[^\s]+$/, { error })
    .transform((value, context) => {
      const url = URL.parse(value);
      if (url === null) context.addIssue({ code: 'custom', message: error });
      else if (url.username !== '' || url.password !== '') {
        context.addIssue({ code: 'custom', message: 'a URL without credentials; they go into auth' });
      } else if (url.search !== '' || url.hash !== '') {
        context.addIssue({ code: 'custom', message: 'a URL without query or fragment' });
      } else return value.replace(/\/+$/, '');
      return z.NEVER;
    });
}
