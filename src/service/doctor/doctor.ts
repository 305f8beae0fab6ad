import type { PipelineConfig } from '../../config/pipelineConfig.ts';
import { within } from '../../deadlines/within.ts';
import { asTidemarkError } from '../../errors.ts';
import { CHECKS } from './checks.ts';
import { type Check, type Dependency, fail, skipped, type Verdict } from './verdict.ts';
import { World } from './world.ts';

/** For one check, with what it waits for. */
const CHECK_DEADLINE_MS = 30_000;
const WITHOUT_REGISTRY =
  'Bring the registry back, or correct registry.url, registry.auth and registry.tls. Until then no new schema is read; what is known is scored on.';
const LATE_ACTION = 'Look at the load of what it asks, and run it again.';

export interface Examined {
  readonly id: string;
  readonly title: string;
  readonly verdicts: readonly Verdict[];
}

export interface DoctorEvents {
  /** One check is done; they come in their order. */
  examined(check: Examined): void;
  /** What is still asked, by id; told when it changes. */
  waiting(ids: readonly string[]): void;
}

export interface DoctorOptions {
  /** As the command line named the pipeline. */
  readonly file: string;
  /** Ids of checks that are left out. */
  readonly skip: readonly string[];
  readonly deadlineMs?: number;
}

/** Asks everything at once, changes nothing, and tells each check as it stands in the order. Never throws for what it finds. */
export async function examine(
  config: PipelineConfig,
  { file, skip, deadlineMs = CHECK_DEADLINE_MS }: DoctorOptions,
  events: DoctorEvents,
): Promise<Examined[]> {
  const world = new World(config, file);
  const chosen = CHECKS.filter(({ id }) => !skip.includes(id));
  const waiting = new Set(chosen.map(({ id }) => id));
  events.waiting([...waiting]);
  const asking = chosen.map(async (check) => {
    const verdicts = await askOne(check, world, deadlineMs);
    waiting.delete(check.id);
    events.waiting([...waiting]);
    return { id: check.id, title: check.title, verdicts };
  });
  const examined: Examined[] = [];
  try {
    for (const each of asking) {
      examined.push(await each);
      events.examined(examined.at(-1)!);
    }
    return examined;
  } finally {
    await world.close();
  }
}

async function askOne(check: Check, world: World, deadlineMs: number): Promise<readonly Verdict[]> {
  const untilMs = performance.now() + deadlineMs;
  for (const dependency of check.needs) {
    const late = dependency === 'kafka' ? 'E-KAFKA-UNREACHABLE' : 'E-REGISTRY-UNREACHABLE';
    const missing = await within(deadlineMs, late, dependency, unanswered(dependency, world)).catch(
      (cause: Error) => cause.message,
    );
    if (missing === undefined) continue;
    // Brokers are told one by one, by a check that needs none of them.
    if (check.id === dependency) return [fail(missing, WITHOUT_REGISTRY)];
    return [skipped(`because ${missing}`)];
  }
  let isLate = true;
  const asking = check.ask(world).finally(() => {
    isLate = false;
  });
  try {
    // Whatever a check asks has a deadline of its own, which is shorter.
    const verdicts = await within(
      Math.max(1, untilMs - performance.now()),
      'E-INTERNAL',
      check.title,
      asking,
    );
    return verdicts.length > 0 ? verdicts : [skipped('there is no topic to look at')];
  } catch (cause) {
    return [isLate ? fail(asTidemarkError(cause).message, LATE_ACTION) : ofError(cause)];
  }
}

/** Why nothing that needs it can be asked, or undefined. */
async function unanswered(dependency: Dependency, world: World): Promise<string | undefined> {
  try {
    if (dependency === 'kafka') await world.cluster.brokerIds();
    else await world.registryAnswers();
    return undefined;
  } catch (cause) {
    const { code, message } = asTidemarkError(cause);
    if (code === 'E-INTERNAL') throw cause;
    if (dependency === 'registry') return `${message} (${code})`;
    return code === 'E-KAFKA-UNREACHABLE' ? 'no broker answers' : `the brokers refuse us (${code})`;
  }
}

/** What a check could not find out, and why. */
function ofError(cause: unknown): Verdict {
  const error = asTidemarkError(cause);
  const { code, message, action } = error;
  switch (code) {
    case 'E-KAFKA-ACL':
      return skipped(`because it may not be asked: ${message}`, action);
    case 'E-KAFKA-UNREACHABLE':
    case 'E-REGISTRY-UNREACHABLE':
      return skipped(`because ${message}`, action);
    default:
      return fail(`${message} (${code})`, action);
  }
}
