const BROKER = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})$/;
export const BROKER_EXPECTED = 'host:port, such as localhost:9092';
export const BROKERS_EXPECTED = `${BROKER_EXPECTED}, with commas between several`;

export function isBroker(text: string): boolean {
  const port = Number(BROKER.exec(text)?.[1]);
  return port >= 1 && port <= 65_535;
}

/** Of one text with commas, as environments and command lines carry it; undefined where one is none. */
export function parseBrokers(text: string): string[] | undefined {
  const brokers = text.split(',').map((part) => part.trim());
  return brokers.every(isBroker) ? brokers : undefined;
}
