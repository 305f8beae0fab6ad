import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BenchError } from '../harness/benchError.ts';
import type { Results } from '../harness/results.ts';
import { chartsOf } from './charts.ts';
import { svgOf, wordsOf } from './svg.ts';

/** Writes the charts of results into a folder. @returns for each a line of Markdown that shows it */
export async function drawCharts(all: readonly Results[], folder: string): Promise<string[]> {
  const charts = chartsOf(all);
  if (charts.length === 0) throw new BenchError('These results hold nothing that is drawn.');
  mkdirSync(folder, { recursive: true });
  const drawn: string[] = [];
  for (const chart of charts) {
    const file = join(folder, `${chart.file}.svg`);
    writeFileSync(file, await svgOf(chart));
    drawn.push(`![${wordsOf(chart)}](${file})`);
  }
  return drawn;
}
