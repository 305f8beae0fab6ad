import type { Findings } from '../findings.ts';
import { fail, ok, type Verdict, warn } from './verdict.ts';

/** What `check` proves, as verdicts: what it says was expected is what to do. */
export async function ofFindings(
  prove: (found: Findings) => void | Promise<void>,
  fixOfWarnings = 'See `tidemark check --live`.',
): Promise<Verdict[]> {
  const found: Findings = { proved: [], faults: [], warnings: [] };
  await prove(found);
  return [
    ...found.proved.map(({ detail }) => ok(detail)),
    ...found.faults.map(({ where, problem, expected }) =>
      fail(`${where}: ${problem}`, `Expected: ${expected}.`),
    ),
    ...found.warnings.map((warning) => warn(warning, fixOfWarnings)),
  ];
}
