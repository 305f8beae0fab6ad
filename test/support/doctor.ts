/** `tidemark doctor` without a process: what some of its checks say of a pipeline. */
import assert from 'node:assert/strict';
import { loadConfig } from '../../src/config/load.ts';
import { CHECKS } from '../../src/service/doctor/checks.ts';
import { type Examined, examine } from '../../src/service/doctor/doctor.ts';
import type { Status, Verdict } from '../../src/service/doctor/verdict.ts';

export async function examined(file: string, ...ids: readonly string[]): Promise<Examined[]> {
  const loaded = loadConfig(file);
  if (!loaded.ok) assert.fail(JSON.stringify(loaded.faults));
  const skip = CHECKS.map(({ id }) => id).filter((id) => !ids.includes(id));
  return examine(loaded.config, { file, skip }, { examined: () => {}, waiting: () => {} });
}

/** The verdicts of one check. */
export async function verdictsOf(file: string, id: string): Promise<readonly Verdict[]> {
  const [check] = await examined(file, id);
  return check!.verdicts;
}

/** The one verdict of this status whose evidence is such; its fix has to be such too. */
export function has(verdicts: readonly Verdict[], status: Status, evidence: RegExp, fix?: RegExp): Verdict {
  const found = verdicts.find((each) => each.status === status && evidence.test(each.evidence));
  assert.ok(found !== undefined, `no ${status} with ${evidence}:\n${JSON.stringify(verdicts, null, 2)}`);
  if (fix !== undefined) assert.match(found.fix ?? '(no fix)', fix);
  return found;
}

export function hasNone(verdicts: readonly Verdict[], ...statuses: readonly Status[]): void {
  const found = verdicts.filter(({ status }) => statuses.includes(status));
  assert.deepEqual(found, []);
}
