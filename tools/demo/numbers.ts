const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** 200000 as 200,000. */
export function whole(value: number): string {
  return grouped.format(value);
}

/** 1 event, 2 events. */
export function counted(value: number, noun: string): string {
  return `${whole(value)} ${noun}${value === 1 ? '' : 's'}`;
}
