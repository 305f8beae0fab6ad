import { AssertionError } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import type { Replica } from '../demo/replicas.ts';
import { openConsole } from '../screens/console.ts';
import { doctor, top } from './commands.ts';
import type { ConsoleTruth, Scene, Truths } from './scene.ts';
import type { Stage } from './stage.ts';
import { SceneWorld } from './world.ts';

/** The slowest to know is the group's watch: half a minute without progress, looked at every ten seconds. */
const DEADLINE_MS = 100_000;
const ASK_EVERY_MS = 1_000;
const SHOWN_CHARACTERS = 6_000;
/** Wide enough for all columns. */
const WINDOW = { width: 1280, height: 960, scheme: 'light' } as const;

export type View = 'metrics' | 'scale' | 'top' | 'doctor' | 'console';

export interface Performance {
  readonly stage: Stage;
  readonly browser: Browser;
  /** A view tells the truth, in these words. */
  readonly told: (view: View, words: string) => void;
  /** Called when all views have told it, before the scene ends. */
  readonly after?: (world: SceneWorld, console: Page) => Promise<void>;
}

/** Plays a scene and asks every view until it tells the truth. Throws with what a view says that does not. */
export async function perform(scene: Scene, { stage, browser, told, after }: Performance): Promise<void> {
  const world = await SceneWorld.open(scene, stage);
  const pages = new Pages(browser);
  try {
    // Opened before anything happens, as it is on a desk: the page of a process that dies has to say so.
    for (const replica of world.replicas) await pages.of(replica);
    const truths = await scene.play(world);
    for (const [view, words] of ask(truths, world, pages)) told(view, await words());
    await after?.(world, await pages.of(truths.consoles[0]!.replica));
  } finally {
    await pages.close();
    await world.close();
    await scene.undo?.(world);
  }
}

/** The consoles of replicas, each opened once. */
class Pages {
  readonly #browser: Browser;
  readonly #pages = new Map<Replica, Page>();

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  async of(replica: Replica): Promise<Page> {
    let page = this.#pages.get(replica);
    if (page === undefined) {
      page = await openConsole(this.#browser, `${replica.url}/`, WINDOW);
      this.#pages.set(replica, page);
    }
    return page;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pages.values()].map((page) => page.close()));
  }
}

type Asked = readonly [view: View, words: () => Promise<string>];

function ask(truths: Truths, world: SceneWorld, pages: Pages): Asked[] {
  const options = { env: world.stage.env, signal: world.stage.signal };
  const file = world.pipeline.path;
  const until = <T>(what: string, look: () => Promise<T>, truth: (seen: T) => string) =>
    untilTold(what, look, truth, world);
  const consoleOf = ({ replica, says }: ConsoleTruth) =>
    until(
      `the console of replica ${replica.number}`,
      async () => (await pages.of(replica)).locator('body').innerText(),
      says,
    );
  return [
    ['metrics', () => until('/metrics', () => world.metrics(), truths.metrics)],
    [
      'scale',
      async () => {
        const words = world.replicas.map((replica) =>
          until(
            `/scale of replica ${replica.number}`,
            () => world.scale(replica),
            (advice) => truths.scale(advice, replica),
          ),
        );
        return (await Promise.all(words))[0]!;
      },
    ],
    ['top', () => until('tidemark top', () => top(file, options), truths.top)],
    ['doctor', () => until('tidemark doctor', () => doctor(file, options), truths.doctor)],
    ...truths.consoles.map((truth): Asked => ['console', () => consoleOf(truth)]),
  ];
}

async function untilTold<T>(
  what: string,
  look: () => Promise<T>,
  truth: (seen: T) => string,
  world: SceneWorld,
): Promise<string> {
  const { signal } = world.stage;
  const untilMs = performance.now() + DEADLINE_MS;
  for (;;) {
    world.check();
    let seen: T | undefined;
    try {
      seen = await look();
      return truth(seen);
    } catch (cause) {
      signal.throwIfAborted();
      // An answer that does not come (/scale before the second look, a process that is busy) may come later.
      if (performance.now() > untilMs) throw untold(what, seen, cause);
      if (seen !== undefined && !(cause instanceof AssertionError)) throw cause;
    }
    await delay(ASK_EVERY_MS, undefined, { signal });
  }
}

function untold(what: string, seen: unknown, cause: unknown): Error {
  const says = typeof seen === 'string' ? seen : JSON.stringify(seen, undefined, 1);
  return new Error(
    `${what} did not tell the truth within ${DEADLINE_MS / 1000} s: ${(cause as Error).message}\nIt says: ${says?.slice(0, SHOWN_CHARACTERS)}`,
    { cause },
  );
}
