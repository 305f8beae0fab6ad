import { describeKeys } from './jsonSchema.ts';

/** Every key of a pipeline file as a Markdown table: what docs/keys.md holds. */
export function formatKeyTable(): string {
  const rows = describeKeys().map((key) => {
    const fallback = key.required ? '_required_' : formatDefault(key.default);
    return `| \`${key.path}\` | ${key.type} | ${fallback} | ${key.description.replaceAll('|', '\\|')} |`;
  });
  return ['| Key | Type | Default | Meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function formatDefault(value: unknown): string {
  // Sections whose keys all have defaults default to those.
  if (value === undefined || typeof value === 'object') return '';
  return `\`${String(value)}\``;
}
