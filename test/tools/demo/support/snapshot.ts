import type { Snapshot } from '../../../../tools/demo/snapshot.ts';

/** What is seen in the middle of a demo. */
export function snapshot(changes: Partial<Snapshot> = {}): Snapshot {
  return {
    pipeline: 'card-fraud',
    model: 'card-fraud 2.0.0',
    elapsedMs: 75_400,
    simulatedMs: Date.UTC(2018, 7, 10, 14, 5),
    share: 0.42,
    emitted: { events: 300_120, perSecond: 4_001 },
    scored: { events: 299_900, perSecond: 3_998 },
    latency: { p50Ms: 4.23, p99Ms: 12.4 },
    lag: [120, 0, 1_480, 610],
    batches: {
      rows: 31.4,
      closed: new Map([
        ['due', 0.97],
        ['full', 0],
        ['drained', 0.03],
      ]),
    },
    decisions: [
      { name: 'block', tone: 'alarm', events: 1_312 },
      { name: 'review', tone: 'notice', events: 420 },
      { name: 'allow', tone: 'calm', events: 298_168 },
    ],
    replicas: [
      {
        number: 1,
        pid: 4711,
        url: 'http://127.0.0.1:40001/',
        state: 'running',
        leases: 2,
        perSecond: 1_999,
        pausedBy: [],
      },
      {
        number: 2,
        pid: 4712,
        url: 'http://127.0.0.1:40002/',
        state: 'ended',
        leases: 0,
        perSecond: 0,
        pausedBy: [],
      },
    ],
    flagged: Array.from({ length: 12 }, (_, at) => ({
      atMs: Date.UTC(2026, 0, 1) + at,
      decision: at % 3 === 0 ? 'review' : 'block',
      score: 0.99 - at / 30,
      line: `C0000${at} pays  412.20 at T00931`,
    })),
    past: Array.from({ length: 75 }, (_, second) => ({
      perSecond: second < 3 ? second * 1_300 : 4_000 + 150 * Math.sin(second / 3),
      p99Ms: second === 40 ? 48 : 11 + 4 * Math.cos(second / 5),
    })),
    ...changes,
  };
}
