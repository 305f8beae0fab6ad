import { readFileSync } from 'node:fs';
import { setImmediate as giveWay } from 'node:timers/promises';
import { parse } from 'yaml';
import { type Intent, intents, type SimulatedClick } from '../../simulator/clicks/click.ts';
import { simulateClicks } from '../../simulator/clicks/simulate.ts';
import { type ClassMeasures, JudgedClasses } from '../classMeasures.ts';
import { counted } from '../numbers.ts';
import type { Judge, Opening, ScoredEvent, Verdict, World, WorldEvent, WorldStream } from './world.ts';

const ROOT = new URL('../../../', import.meta.url);
const MS_PER_DAY = 86_400_000;
/** The days on which training tests the model (tools/train/clicks/train.py), so that seed 0 shows what the model's card says. */
const FROM_MS = Date.UTC(2018, 5, 1);
const UNTIL_MS = FROM_MS + 14 * MS_PER_DAY;
/** An hour after a click its session is over (MAX_SESSION_SECONDS), and what it was for is known. */
const LABEL_DELAY_MS = 3_600_000;
const CLICKS_BETWEEN_BREATHS = 20_000;
/** 13 MB. */
const JUDGED_AT_MOST = 1_000_000;

type Probabilities = readonly [browse: number, compare: number, buy: number];

const read = (file: string) => readFileSync(new URL(file, ROOT), 'utf8');

/** Clicks in a web shop, and whether their session is to browse, to compare or to buy. */
export const clickIntent: World = {
  name: 'click-intent',
  noun: 'click',
  decisions: [
    { name: 'assist', tone: 'notice' },
    { name: 'watch', tone: 'calm' },
    { name: 'leave', tone: 'calm' },
  ],
  eventSchema: read('schemas/click.avsc'),
  labelSchema: read('schemas/click-label.avsc'),
  labelDelayMs: LABEL_DELAY_MS,
  open: openWorld,
  readScored,
  judge: ({ version }) => new IntentJudge(version),
};

async function openWorld({ seed, signal, onProgress }: Opening): Promise<WorldStream> {
  const clicks = simulateClicks({ seed, days: Number.POSITIVE_INFINITY });
  let click = clicks.next().value!;
  for (let passed = 1; click.simulated_time < FROM_MS; passed++) {
    click = clicks.next().value!;
    if (passed % CLICKS_BETWEEN_BREATHS !== 0) continue;
    onProgress(`history up to ${dateOf(click.simulated_time)}`);
    await giveWay();
    signal.throwIfAborted();
  }
  return { known: [], events: events(click, clicks), span: { fromMs: FROM_MS, untilMs: UNTIL_MS } };
}

function* events(first: SimulatedClick, rest: Iterator<SimulatedClick, void>): Generator<WorldEvent, never> {
  // Without a last day there is always a next click.
  for (let click = first; ; click = rest.next().value!) {
    // Sessions that began the day before belong to it: training may have seen them.
    if (click.simulated_time - 1000 * click.session.seconds >= FROM_MS) yield worldEvent(click);
  }
}

function worldEvent({ intent, ...click }: SimulatedClick): WorldEvent {
  const { click_id, session_id, simulated_time } = click;
  return {
    id: click_id,
    key: session_id,
    simulatedMs: simulated_time,
    value: (eventTimeMs) => ({ ...click, event_time: eventTimeMs }),
    label: { id: click_id, value: { click_id, session_id, click_time: simulated_time, intent } },
  };
}

/** A scored event in the shape of schemas/scored-click.avsc. */
interface ScoredClick {
  readonly click_id: string;
  readonly session_id: string;
  readonly page: string;
  readonly clicks: number;
  readonly referrer: string | null;
  readonly browse: number;
  readonly compare: number;
  readonly buy: number;
  readonly decision: string;
}

function readScored(value: Readonly<Record<string, unknown>>): ScoredEvent {
  const { click_id, session_id, page, clicks, referrer, browse, compare, buy, decision } =
    value as unknown as ScoredClick;
  return {
    id: click_id,
    decision,
    score: buy,
    flagged: decision === 'assist',
    describe: () =>
      `${session_id} opens ${page}, click ${clicks}, ${referrer ? `from ${referrer}` : 'came by itself'}`,
    evidence: [browse, compare, buy] satisfies Probabilities,
  };
}

interface ClickLabel {
  readonly click_time: number;
  readonly intent: Intent;
}

class IntentJudge implements Judge {
  readonly #judged = new JudgedClasses(intents.length, JUDGED_AT_MOST);
  readonly #atTraining: ClassMeasures;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(version: string) {
    const { training } = parse(read(`models/click-intent/${version}/model.yaml`));
    this.#atTraining = {
      accuracy: training.accuracy,
      logLoss: training.log_loss,
      macroAuc: training.macro_auc,
    };
  }

  add(label: Readonly<Record<string, unknown>>, evidence: unknown): void {
    if (evidence === undefined) return;
    const { click_time, intent } = label as unknown as ClickLabel;
    this.#judged.add(intents.indexOf(intent), evidence as Probabilities);
    this.#untilMs = Math.max(this.#untilMs, click_time);
  }

  verdict(): Verdict {
    const here = this.#judged.measures();
    const latest = this.#judged.count === 0 ? '' : `, the latest of ${dateOf(this.#untilMs)}`;
    const atTraining = this.#atTraining;
    return {
      covers: `${counted(this.#judged.count, 'click')} whose session is over${latest}`,
      measures: [
        { name: 'accuracy', here: here?.accuracy, published: atTraining.accuracy },
        { name: 'log loss', here: here?.logLoss, published: atTraining.logLoss },
        { name: 'macro AUC', here: here?.macroAuc, published: atTraining.macroAuc },
      ],
      heading: 'in training',
      published: "in training: what the model's card says of held-out weeks, which are these with seed 0",
    };
  }
}

function dateOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}
