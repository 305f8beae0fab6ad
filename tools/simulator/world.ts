import type { Random } from 'random';

/** Side of the square on which customers and terminals lie. */
const GRID_SIDE = 100;
/** A customer uses the terminals nearer than this. */
const REACH = 5;
const MIN_MEAN_AMOUNT = 5;
const MAX_MEAN_AMOUNT = 100;
const MAX_PAYMENTS_PER_DAY = 4;

export interface Customer {
  readonly meanAmount: number;
  /** Draws how many payments the customer makes in a day. */
  readonly paymentsPerDay: () => number;
  /** Indices of the terminals within reach. */
  readonly terminals: Int32Array;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Draws the customers, and which of the terminals each can reach. */
export function makeCustomers(customers: number, terminals: number, random: Random): readonly Customer[] {
  const place = (): Place => ({ x: random.next() * GRID_SIDE, y: random.next() * GRID_SIDE });
  const reachable = proximity(Array.from({ length: terminals }, place), REACH);
  return Array.from({ length: customers }, () => ({
    meanAmount: MIN_MEAN_AMOUNT + random.next() * (MAX_MEAN_AMOUNT - MIN_MEAN_AMOUNT),
    paymentsPerDay: random.poisson(random.next() * MAX_PAYMENTS_PER_DAY),
    terminals: reachable(place()),
  }));
}

/**
 * Finds the places nearer than `reach` to a point, as ascending indices. Cells as wide as `reach` leave only the nine cells
 * around a point to be searched: comparing every customer with every terminal would take 50 million distances.
 */
export function proximity(places: readonly Place[], reach: number): (from: Place) => Int32Array {
  const cells = new Map<number, number[]>();
  const cellOf = (x: number, y: number): number => y * GRID_SIDE + x;
  places.forEach(({ x, y }, index) => {
    const cell = cellOf(Math.floor(x / reach), Math.floor(y / reach));
    const members = cells.get(cell);
    if (members === undefined) cells.set(cell, [index]);
    else members.push(index);
  });
  return (from) => {
    const column = Math.floor(from.x / reach);
    const row = Math.floor(from.y / reach);
    const found: number[] = [];
    for (let y = row - 1; y <= row + 1; y++) {
      for (let x = column - 1; x <= column + 1; x++) {
        for (const index of cells.get(cellOf(x, y)) ?? []) {
          const place = places[index]!;
          if (Math.hypot(place.x - from.x, place.y - from.y) < reach) found.push(index);
        }
      }
    }
    return Int32Array.from(found).sort();
  };
}
