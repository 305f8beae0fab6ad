/** One element of what a panel makes, as preact keeps it; words, lists of such, or nothing. */
type Made = string | number | boolean | null | undefined | readonly Made[] | Element;

interface Element {
  readonly type: unknown;
  readonly props: { readonly children?: Made };
}

/**
 * What a panel says in words, with plain spaces between its elements; components in it say nothing. It is found by its name:
 * imported as others are, preact would bring the types of a browser into those of Node.
 */
export async function textOf(panel: string, ...views: readonly unknown[]): Promise<string> {
  const { href } = new URL(`../../src/console/panels/${panel}.ts`, import.meta.url);
  const made = (await import(href)) as Record<string, (...of: readonly unknown[]) => Made>;
  return words(made[panel]!(...views))
    .join(' ')
    .replaceAll(/[\s\u2009\u202f]+/g, ' ')
    .replaceAll(/ (?=[.,;:])/g, '');
}

function words(made: Made): string[] {
  if (typeof made === 'string' || typeof made === 'number') return [String(made)];
  if (typeof made !== 'object' || made === null) return [];
  if (!('type' in made)) return made.flatMap(words);
  return typeof made.type === 'function' ? [] : words(made.props.children);
}
