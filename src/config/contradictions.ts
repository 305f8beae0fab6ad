/** Values that are valid each by itself and cannot hold together. Works on whatever part of a file is valid. */
import type { ConfigDocument } from './document.ts';
import type { ConfigFault } from './faults.ts';
import { type FieldPath, formatPath } from './fieldPath.ts';
import type { PipelineFile } from './fileSchema.ts';
import type { Valid } from './lenient.ts';
import { isShowable, shownValue } from './shown.ts';
import { formatDuration } from './units.ts';
import { valueAt } from './valueAt.ts';

/** Something wrong at a path. Neither text holds a value of the file unless it may be shown. */
interface Contradiction {
  readonly path: FieldPath;
  readonly problem: string;
  readonly expected: string;
}

type File = NonNullable<Valid<PipelineFile>>;
type Rule = (file: File, document: ConfigDocument) => Contradiction[];

const RULES: readonly Rule[] = [
  times,
  topics,
  records,
  decisionRules,
  decisionUse,
  latency,
  delivery,
  tlsPairs,
  tlsUse,
  tokens,
];

export function findContradictions(document: ConfigDocument, file: File): ConfigFault[] {
  return RULES.flatMap((rule) => rule(file, document)).map(({ path, problem, expected }) => {
    const value = shownValue(document, path);
    return {
      path: formatPath(path),
      ...document.placeOf(path),
      problem,
      expected,
      ...(value !== undefined && { value }),
    };
  });
}

interface Limit {
  readonly path: FieldPath;
  readonly ms: number | undefined;
}

function times(file: File, document: ConfigDocument): Contradiction[] {
  const session: Limit = { path: ['kafka', 'session_timeout'], ms: file.kafka?.session_timeout };
  const drain: Limit = { path: ['kafka', 'drain_timeout'], ms: file.kafka?.drain_timeout };
  const delay: Limit = { path: ['batching', 'max_delay'], ms: file.batching?.max_delay };
  const commit: Limit = { path: ['commit_every'], ms: file.commit_every };
  const watchdog: Limit = { path: ['watchdog'], ms: file.watchdog };
  const p99: Limit = { path: ['slo', 'p99'], ms: file.slo?.p99 };
  return [
    // Beyond the session timeout the partitions have gone to others, who read again what is still being finished here.
    ...shorter(drain, session, document),
    // A pause of these lengths is health, not a stuck pipeline.
    ...[session, drain, delay, commit].flatMap((pause) => longer(watchdog, pause, document)),
    ...shorter(delay, p99, document),
  ];
}

function shorter(limit: Limit, bound: Limit, document: ConfigDocument): Contradiction[] {
  if (limit.ms === undefined || bound.ms === undefined || limit.ms < bound.ms) return [];
  const name = formatPath(bound.path);
  return [
    {
      path: limit.path,
      problem: `is not shorter than ${name}`,
      expected: `less than ${name}${shownMs(bound, document)}`,
    },
  ];
}

function longer(limit: Limit, bound: Limit, document: ConfigDocument): Contradiction[] {
  if (limit.ms === undefined || bound.ms === undefined || limit.ms > bound.ms) return [];
  const name = formatPath(bound.path);
  return [
    {
      path: limit.path,
      problem: `is not longer than ${name}`,
      expected: `more than ${name}${shownMs(bound, document)}`,
    },
  ];
}

function shownMs({ path, ms }: Limit, document: ConfigDocument): string {
  return isShowable(document, path) ? ` (${formatDuration(ms!)})` : '';
}

function topics(file: File): Contradiction[] {
  const places: readonly (readonly [FieldPath, string | undefined])[] = [
    [['input', 'topic'], file.input?.topic],
    [['output', 'topic'], file.output?.topic],
    [['dead_letter', 'topic'], file.dead_letter?.topic],
    [['control', 'topic'], file.control?.topic],
    [['control', 'audit_topic'], file.control?.audit_topic],
  ];
  return places.flatMap(([path, topic], index) => {
    const first = places.slice(0, index).find((before) => topic !== undefined && before[1] === topic);
    if (first === undefined) return [];
    const problem = `is the same topic as ${formatPath(first[0])}`;
    return [{ path, problem, expected: 'another topic for each' }];
  });
}

function records(file: File): Contradiction[] {
  const names = file.input?.records ?? [];
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (name === undefined || first === index) return [];
    return [
      {
        path: ['input', 'records', index],
        problem: `repeats input.records[${first}]`,
        expected: 'each record type once',
      },
    ];
  });
}

function decisionRules(file: File, document: ConfigDocument): Contradiction[] {
  const rules = file.decision?.rules;
  // An invalid rule leaves a hole, and what its threshold is decides about its neighbours.
  if (rules === undefined || rules.some((rule) => rule === undefined)) return [];
  const found: Contradiction[] = [];
  let lowest = Infinity;
  let lowestIndex = -1;
  let catchAll = -1;
  for (const [index, rule] of rules.entries()) {
    const path: FieldPath = ['decision', 'rules', index];
    const written = hasThreshold(document, index);
    if (catchAll !== -1) {
      found.push({
        path,
        problem: `can never hold: decision.rules[${catchAll}] has no at_least and always does`,
        expected: 'the rule without at_least last',
      });
    } else if (!written) {
      catchAll = index;
    } else if (rule?.at_least !== undefined) {
      if (rule.at_least >= lowest) {
        found.push({
          path: [...path, 'at_least'],
          problem: `is not below that of decision.rules[${lowestIndex}], so the rule can never hold`,
          expected: 'thresholds that descend',
        });
      } else {
        lowest = rule.at_least;
        lowestIndex = index;
      }
    }
  }
  if (rules.length > 0 && catchAll === -1) {
    found.push({
      path: ['decision', 'rules', rules.length - 1],
      problem: 'is the last rule and has at_least, so a low value gets no decision',
      expected: 'a last rule with `is` alone',
    });
  }
  return found;
}

/** Whether a rule has a threshold in the file, valid or not. */
function hasThreshold(document: ConfigDocument, index: number): boolean {
  const rule = valueAt(document.value, ['decision', 'rules', index]);
  return typeof rule === 'object' && rule !== null && Object.hasOwn(rule, 'at_least');
}

function decisionUse(file: File, document: ConfigDocument): Contradiction[] {
  if (valueAt(document.value, ['decision']) !== undefined) return [];
  return Object.entries(file.output?.fields ?? {}).flatMap(([field, source]) => {
    if (source?.from !== 'decision') return [];
    return [
      {
        path: ['output', 'fields', field],
        problem: 'takes the decision, and there is no decision section',
        expected: 'a decision section, or another source',
      },
    ];
  });
}

function latency(file: File, document: ConfigDocument): Contradiction[] {
  if (file.slo?.from !== 'event' || valueAt(document.value, ['input', 'time']) !== undefined) return [];
  return [
    {
      path: ['slo', 'from'],
      problem: 'counts from the event’s own time, and input.time is not given',
      expected: 'input.time, or slo.from: record',
    },
  ];
}

function delivery(file: File): Contradiction[] {
  if (file.delivery !== 'exactly-once' || file.kafka?.client === undefined) return [];
  return [
    {
      path: ['delivery'],
      problem: `asks for what kafka.client ${file.kafka.client} cannot do (E-KAFKA-CAPABILITY)`,
      expected: 'at-least-once: transactions that are tied to the group are not offered yet',
    },
  ];
}

const TLS_OWNERS = ['kafka', 'registry', 'tracing'] as const;

function tlsPairs(_file: File, document: ConfigDocument): Contradiction[] {
  return TLS_OWNERS.flatMap((owner) => {
    const path: FieldPath = [owner, 'tls'];
    const has = (key: string): boolean => valueAt(document.value, [...path, key]) !== undefined;
    if (has('cert') === has('key')) return [];
    const [given, absent] = has('cert') ? ['cert', 'key'] : ['key', 'cert'];
    return [
      {
        path: [...path, given!],
        problem: `is given without ${owner}.tls.${absent}`,
        expected: 'cert and key, or neither',
      },
    ];
  });
}

function tlsUse(file: File, document: ConfigDocument): Contradiction[] {
  const urls = [
    ['registry', 'url', file.registry?.url],
    ['tracing', 'endpoint', file.tracing?.endpoint],
  ] as const;
  return urls.flatMap(([owner, key, url]) => {
    const plain = url?.startsWith('http://') ?? false;
    if (!plain || valueAt(document.value, [owner, 'tls']) === undefined) return [];
    return [
      {
        path: [owner, 'tls'],
        problem: `is given, and ${owner}.${key} is plain http`,
        expected: 'an https URL, or no TLS settings',
      },
    ];
  });
}

function tokens(file: File): Contradiction[] {
  const { http } = file;
  if (http === undefined || http === 'off') return [];
  if (http.change_token === undefined || http.change_token !== http.read_token) return [];
  return [
    {
      path: ['http', 'change_token'],
      problem: 'is the same as http.read_token, so whoever may read may change',
      expected: 'two different tokens, or read_token alone',
    },
  ];
}
