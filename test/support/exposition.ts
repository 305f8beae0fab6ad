/** What is wrong with a page in Prometheus' text format 0.0.4, by the rules of its documentation and of its naming guide. */

const SAMPLE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|\+Inf|Nan|NaN)$/i;
const LABELS = /^(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"(?:,|$))*$/;
const SUFFIXES = { histogram: ['_bucket', '_sum', '_count'], summary: ['', '_sum', '_count'] } as const;
const NOT_BASE_UNITS = /_(?:ms|milliseconds|micros|minutes|kb|kilobytes|megabytes|percent)(?:_|$)/;

export function faultsOfExposition(text: string): string[] {
  const faults: string[] = [];
  const types = new Map<string, string>();
  const seen = new Set<string>();
  let current = '';
  if (!text.endsWith('\n')) faults.push('the last line does not end');
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (comment) {
      const [, kind, name, rest] = comment as unknown as [string, string, string, string];
      if (kind === 'TYPE') {
        if (types.has(name)) faults.push(`${name} has two types`);
        types.set(name, rest);
        faults.push(...faultsOfName(name, rest));
      }
      current = name;
      continue;
    }
    const sample = SAMPLE.exec(line);
    if (!sample) {
      faults.push(`not a sample: ${line}`);
      continue;
    }
    const [, name, labels] = sample as unknown as [string, string, string | undefined];
    if (labels !== undefined && !LABELS.test(labels)) faults.push(`labels of ${line}`);
    if (!namesOf(current, types.get(current)).includes(name)) faults.push(`${name} stands under ${current}`);
    const series = `${name}{${labels ?? ''}}`;
    if (seen.has(series)) faults.push(`${series} is told twice`);
    seen.add(series);
  }
  return faults;
}

function namesOf(name: string, type: string | undefined): string[] {
  return type === 'histogram' || type === 'summary' ? SUFFIXES[type].map((suffix) => name + suffix) : [name];
}

/** Naming is ours to keep for our own metrics only; prom-client names the process's. */
function faultsOfName(name: string, type: string): string[] {
  if (!name.startsWith('tidemark_')) return [];
  const faults: string[] = [];
  if ((type === 'counter') !== name.endsWith('_total'))
    faults.push(`${name} is a ${type}: only counters end in _total`);
  if (NOT_BASE_UNITS.test(name)) faults.push(`${name} is not in base units`);
  return faults;
}
