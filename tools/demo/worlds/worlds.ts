import { cardFraud } from './cardFraud.ts';
import { clickIntent } from './clickIntent.ts';
import type { World } from './world.ts';

/** The pipelines that the demo can show, the default first. */
export const worlds: readonly World[] = [cardFraud, clickIntent];
