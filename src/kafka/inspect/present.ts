export type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without what is not known. */
export function present<T extends object>(facts: T): Present<T> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as Present<T>;
}
