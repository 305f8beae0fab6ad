/** A place in an event: field names, then for arrays an index and for maps a key. `['terminal', 'risk_30d']`, `['tags', 0]`. */
export type FieldPath = readonly (string | number)[];

const NAME = '[A-Za-z_][A-Za-z0-9_]*';
/** Nine digits keep an index within 32 bits. */
const INDEX = '(?:0|[1-9][0-9]{0,8})';
const KEY = '"(?:[^"\\\\]|\\\\["\\\\])*"';
const SEGMENTS = `${NAME}(?:\\.${NAME}|\\[${INDEX}\\]|\\[${KEY}\\])*`;

/** The notation of a field path, as the source of a regular expression without anchors. */
export const FIELD_PATH_PATTERN = SEGMENTS;

const WHOLE = new RegExp(`^${SEGMENTS}$`);
const SEGMENT = new RegExp(`\\.?(${NAME})|\\[(${INDEX})\\]|\\[(${KEY})\\]`, 'y');
const PLAIN_NAME = new RegExp(`^${NAME}$`);

/** Reads `terminal.risk_30d`, `tags[0]`, `attributes["a.b"]`; undefined when the text is not such a path. */
export function parseFieldPath(text: string): FieldPath | undefined {
  if (!WHOLE.test(text)) return undefined;
  const path: (string | number)[] = [];
  SEGMENT.lastIndex = 0;
  while (SEGMENT.lastIndex < text.length) {
    const [, name, index, key] = SEGMENT.exec(text)!;
    if (name !== undefined) path.push(name);
    else if (index !== undefined) path.push(Number(index));
    else path.push(key!.slice(1, -1).replace(/\\(["\\])/g, '$1'));
  }
  return path;
}

/** The inverse of `parseFieldPath`; also how faults name a place in the configuration file. */
export function formatPath(path: FieldPath): string {
  let text = '';
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`;
    else if (!PLAIN_NAME.test(segment)) text += `["${segment.replace(/["\\]/g, '\\$&')}"]`;
    else text += text === '' ? segment : `.${segment}`;
  }
  return text;
}
