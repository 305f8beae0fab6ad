import figures from '../train/published.json' with { type: 'json' };
import type { Measures } from './measures.ts';

/** What the Fraud Detection Handbook publishes of models trained and tested on its own draw of the world, and the page. */
export const published: {
  readonly source: string;
  readonly models: Readonly<Record<keyof typeof figures.models, Measures>>;
} = figures;
