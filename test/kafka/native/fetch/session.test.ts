import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  FetchSession,
  type FetchTarget,
  type SessionRequest,
} from '../../../../src/kafka/native/fetch/session.ts';

const target = (offset: number, leaderEpoch = 0): FetchTarget => ({
  offset,
  leaderEpoch,
  lastFetchedEpoch: -1,
  maxBytes: 100,
});

/** What KIP-227 says that a broker does with a request. */
class ModelBroker {
  readonly sessions = new Map<number, { epoch: number; partitions: Map<number, FetchTarget> }>();
  #lastId = 0;

  /** @returns the session's id and what the request covers, or the error. */
  take(
    request: SessionRequest,
    keeps = true,
  ): { id: number; covers: Map<number, FetchTarget> } | 'NOT_FOUND' | 'EPOCH' {
    const { sessionId, sessionEpoch, asked, forgotten } = request;
    if (sessionEpoch <= 0) {
      this.sessions.delete(sessionId);
      const covers = new Map(asked);
      assert.deepEqual(forgotten, []);
      if (sessionEpoch < 0 || !keeps) return { id: 0, covers };
      this.sessions.set(++this.#lastId, { epoch: 1, partitions: covers });
      return { id: this.#lastId, covers };
    }
    const session = this.sessions.get(sessionId);
    if (session === undefined) return 'NOT_FOUND';
    if (session.epoch !== sessionEpoch) return 'EPOCH';
    session.epoch++;
    for (const [partition, wanted] of asked) session.partitions.set(partition, wanted);
    for (const partition of forgotten) {
      assert.ok(session.partitions.has(partition), 'only what is remembered is forgotten');
      session.partitions.delete(partition);
    }
    return { id: sessionId, covers: session.partitions };
  }
}

type Step =
  | { readonly kind: 'want'; readonly partition: number; readonly offset: number; readonly epoch: number }
  | { readonly kind: 'leave out'; readonly partition: number }
  | { readonly kind: 'request' }
  | { readonly kind: 'full broker' }
  | { readonly kind: 'evicted' }
  | { readonly kind: 'answer lost' }
  | { readonly kind: 'request lost' };

const partition = fc.nat(7);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('want'), partition, offset: fc.nat(3), epoch: fc.nat(1) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('leave out'), partition }) },
  { weight: 5, arbitrary: fc.constant({ kind: 'request' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'full broker' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'evicted' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'answer lost' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'request lost' } as const) },
);

describe('a fetch session', () => {
  test('covers what is wanted at each request the broker takes, whatever was lost between', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const broker = new ModelBroker();
        const session = new FetchSession();
        const wanted = new Map<number, FetchTarget>();
        const exchange = (how: 'request' | 'full broker' | 'answer lost' | 'request lost') => {
          const request = session.next();
          for (const [asked, told] of wanted) {
            assert.deepEqual(session.asked(asked), told, 'an answer is held against what was asked');
          }
          if (how === 'request lost') return session.lost();
          const taken = broker.take(request, how !== 'full broker');
          if (how === 'answer lost') return session.lost();
          if (typeof taken === 'string') {
            session.lost(taken === 'NOT_FOUND');
            return exchange('request');
          }
          assert.deepEqual(new Map([...taken.covers].sort()), new Map([...wanted].sort()));
          session.answered(taken.id);
          return undefined;
        };
        for (const next of steps) {
          if (next.kind === 'want') {
            const told = target(next.offset, next.epoch);
            wanted.set(next.partition, told);
            session.want(next.partition, told);
          } else if (next.kind === 'leave out') {
            wanted.delete(next.partition);
            session.leaveOut(next.partition);
          } else if (next.kind === 'evicted') {
            broker.sessions.clear();
          } else {
            exchange(next.kind);
          }
          assert.equal(session.size, wanted.size);
        }
        exchange('request');
        const close = session.close();
        if (close !== undefined) broker.take(close);
        // Sessions whose answer was lost are unknown to the client; only the broker can end them.
        assert.ok(broker.sessions.size <= steps.filter(({ kind }) => kind === 'answer lost').length);
        assert.deepEqual(session.close(), undefined);
      }),
      { numRuns: 500 },
    );
  });

  test('names only what has changed', () => {
    const session = new FetchSession();
    for (let i = 0; i < 1000; i++) session.want(i, target(0));
    assert.equal(session.next().asked.length, 1000);
    session.answered(5);
    session.want(3, target(10));
    session.want(4, target(0));
    session.leaveOut(7);
    session.leaveOut(8);
    session.want(8, target(0));
    assert.deepEqual(session.next(), {
      sessionId: 5,
      sessionEpoch: 1,
      asked: [[3, target(10)]],
      forgotten: [7],
    });
    session.answered(5);
    assert.deepEqual(session.next(), { sessionId: 5, sessionEpoch: 2, asked: [], forgotten: [] });
  });

  test('without a session the partitions that gave records come last', () => {
    const session = new FetchSession();
    for (const i of [0, 1, 2]) session.want(i, target(0));
    session.next();
    session.answered(0);
    session.want(0, target(5));
    assert.deepEqual(
      session.next().asked.map(([asked]) => asked),
      [1, 2, 0],
    );
  });

  test('is given up even while its answer is still to come, which then counts for nothing', () => {
    const session = new FetchSession();
    session.want(1, target(0));
    session.want(2, target(0));
    session.next();
    session.lost();
    session.answered(9);
    assert.equal(session.asked(1), undefined);
    session.leaveOut(2);
    session.want(1, target(0));
    assert.deepEqual(session.next(), {
      sessionId: 9,
      sessionEpoch: 0,
      asked: [[1, target(0)]],
      forgotten: [],
    });
    session.answered(10);
    assert.equal(session.next().sessionEpoch, 1);
  });

  test('a session whose answer was lost is closed by the request that opens the next', () => {
    const session = new FetchSession();
    session.want(1, target(0));
    session.next();
    session.answered(9);
    session.next();
    session.lost();
    assert.deepEqual(session.next(), {
      sessionId: 9,
      sessionEpoch: 0,
      asked: [[1, target(0)]],
      forgotten: [],
    });
  });
});
