/** The small parts of fetching, each by itself. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TidemarkError } from '../../../../src/errors.ts';
import { EpochHistory } from '../../../../src/kafka/native/fetch/epochs.ts';
import { refusalError, refusalOf } from '../../../../src/kafka/native/fetch/refusals.ts';
import { Account, AnswerMemory, HeldBytes, Room } from '../../../../src/kafka/native/fetch/room.ts';
import { fetchSettings } from '../../../../src/kafka/native/fetch/settings.ts';
import { Share } from '../../../../src/kafka/native/fetch/share.ts';
import { Trouble } from '../../../../src/kafka/native/fetch/trouble.ts';
import { until } from '../../../conformance/support.ts';

describe('the history of leader epochs', () => {
  test('names the epoch of the last record below an offset', () => {
    const history = new EpochHistory();
    history.begin(10, 2);
    assert.deepEqual(
      [9, 10, 11].map((offset) => history.below(offset)),
      [-1, 2, 2],
    );
    history.read(10, 2);
    history.read(20, 5);
    history.read(30, 5);
    history.read(40, 9);
    const offsets = [20, 21, 40, 41];
    assert.deepEqual(
      offsets.map((offset) => history.below(offset)),
      [2, 5, 5, 9],
    );
    history.begin(0, -1);
    assert.equal(history.below(50), -1);
  });

  test('shares with another log no more than both leaders had', () => {
    const history = new EpochHistory();
    history.begin(0, -1);
    history.read(0, 0);
    history.read(50, 3);
    history.read(80, 5);
    // That log ends before ours; goes on in an epoch that we have left; was never led by ours.
    assert.equal(history.sharedUpTo(3, 70), 70);
    assert.equal(history.sharedUpTo(3, 500), 80);
    assert.equal(history.sharedUpTo(2, 500), 50);
    history.begin(100, 5);
    assert.equal(history.sharedUpTo(5, 90), 90);
    assert.equal(history.sharedUpTo(4, 500), 99);
  });

  test('forgets what is long past, and says so', () => {
    const history = new EpochHistory();
    for (let epoch = 0; epoch < 1000; epoch++) history.read(epoch * 10, epoch);
    assert.equal(history.below(10_000), 999);
    assert.equal(history.below(9_900), 989);
    assert.equal(history.below(50), -1);
  });
});

describe('a share', () => {
  const takeAll = (share: Share, piece: number) => {
    let own = 0;
    for (; share.allows(own); own += piece) share.used += piece;
    return own;
  };

  test('leaves four fifths of the rest by each that never lets go', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 5 }), (stuck, piece) => {
        const share = new Share(100_000);
        for (let i = 0; i < stuck; i++) {
          const before = share.free;
          takeAll(share, piece);
          assert.ok(share.free >= before * 0.8 - piece);
        }
        assert.ok(share.allows(0), `${share.free} left`);
      }),
    );
  });

  test('is divided evenly among those that take turns', () => {
    const share = new Share(100_000);
    const own = new Array<number>(50).fill(0);
    for (let turn = 0; turn < 100_000; turn++) {
      const i = turn % own.length;
      if (!share.allows(own[i]!)) continue;
      own[i]! += 10;
      share.used += 10;
    }
    assert.ok(Math.max(...own) - Math.min(...own) <= 10, `${own}`);
  });

  test('gives one alone a fifth of the whole, and nothing beyond the limit', () => {
    const share = new Share(100);
    assert.equal(takeAll(share, 1), 20);
    share.used = 100;
    assert.equal(share.allows(0), false);
  });
});

describe('room', () => {
  const room = (maxBufferedBytes: number) =>
    new Room(fetchSettings({ topic: 't', maxBufferedBytes, maxFetchBytes: 1000 }));

  test('what is asked for, held and set aside stays within half the budget', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(4), { maxLength: 60 }),
        (brokers, turns) => {
          const budget = room(8_000);
          const accounts = Array.from({ length: brokers }, () => new Account());
          const answers: HeldBytes[] = [];
          for (const turn of turns) {
            const bytes = budget.mayAsk(accounts[turn % brokers]!, brokers);
            if (bytes === 0) {
              answers.shift()?.letGo();
              continue;
            }
            const held = new HeldBytes(Buffer.alloc(bytes), budget, accounts[turn % brokers]!);
            held.hold();
            answers.push(held);
            assert.ok(budget.fetched.used <= 4_000, `${budget.fetched.used}`);
          }
          for (const held of answers) held.letGo();
          assert.equal(budget.fetched.used, 0);
        },
      ),
    );
  });

  test('a broker that holds its part leaves the others theirs', () => {
    const budget = room(8_000);
    const [one, other] = [new Account(), new Account()];
    for (let bytes = budget.mayAsk(one, 2); bytes > 0; bytes = budget.mayAsk(one, 2)) {
      new HeldBytes(Buffer.alloc(bytes), budget, one).hold();
    }
    assert.equal(one.heldBytes, 2_000);
    assert.equal(budget.mayAsk(other, 2), 1_000);
  });

  test('requests under way count, and bytes shared by slices count once', () => {
    const budget = room(4_000);
    const account = new Account();
    budget.setAside(1_500);
    assert.equal(budget.mayAsk(account, 1), 500);
    budget.giveBack(1_500);
    const held = new HeldBytes(Buffer.alloc(700), budget, account);
    held.hold();
    held.hold();
    assert.equal(budget.fetched.used, 700);
    held.letGo();
    assert.equal(budget.fetched.used, 700);
    held.letGo();
    assert.equal(budget.fetched.used, 0);
  });

  test('a copy of a part is held on its own, and memory is free again with the last who holds it', () => {
    const budget = room(1_000_000);
    const bytes = budget.memoryFor(40_000).fill(7);
    const held = new HeldBytes(bytes, budget, new Account());
    held.hold();
    const copied = held.copy(100, 20_100);
    copied.held.hold();
    held.told();
    assert.equal(budget.fetched.used, 60_000);
    held.letGo();
    assert.equal(budget.fetched.used, 20_000);
    assert.equal(placeOf(budget.memoryFor(40_000)), placeOf(bytes));
    assert.ok(copied.bytes.length === 20_000 && copied.bytes.every((byte) => byte === 7));
    assert.notEqual(placeOf(budget.memoryFor(20_000)), placeOf(copied.bytes));
    copied.held.letGo();
    assert.equal(placeOf(budget.memoryFor(20_000)), placeOf(copied.bytes));
  });

  test('memory that nobody holds is free when all was told, and not before', () => {
    const budget = room(1_000_000);
    const bytes = budget.memoryFor(40_000);
    const held = new HeldBytes(bytes, budget, new Account());
    held.hold();
    held.letGo();
    // A copy of another part is made of it yet, and must not be made in the same place.
    assert.notEqual(placeOf(held.copy(0, 40_000).bytes), placeOf(bytes));
    held.told();
    assert.equal(placeOf(budget.memoryFor(40_000)), placeOf(bytes));
  });

  test('memory of an answer comes back with a connection that was lost, and stays with those who got the answer', () => {
    const budget = room(1_000_000);
    const lost = new AnswerMemory(budget);
    const place = placeOf(lost.take(40_000));
    lost.giveBack();
    const answered = new AnswerMemory(budget);
    assert.equal(placeOf(answered.take(40_000)), place);
    answered.passOn();
    answered.giveBack();
    assert.notEqual(placeOf(budget.memoryFor(40_000)), place);
  });
});

/** In words, since a failed comparison of buffers would print all of them. */
function placeOf({ buffer, byteOffset }: Buffer): string {
  let id = buffers.get(buffer);
  if (id === undefined) {
    id = buffers.size;
    buffers.set(buffer, id);
  }
  return `${byteOffset} of buffer ${id}`;
}

const buffers = new Map<ArrayBufferLike, number>();

describe('trouble', () => {
  test('is told once it lasts, and once it is over for all', async () => {
    const told: string[] = [];
    const trouble = new Trouble<string>(
      { down: ({ message }) => told.push(message), up: () => told.push('up') },
      30,
    );
    const cause = (message: string) => new TidemarkError('E-KAFKA-UNREACHABLE', message);
    trouble.failed('a', cause('a moment'));
    trouble.over('a');
    assert.deepEqual(told, []);
    await until('trouble that lasts', () => {
      trouble.failed('a', cause('a'));
      trouble.failed('b', cause('b'));
      return told.length > 0;
    });
    assert.deepEqual(told, ['a']);
    trouble.over('a');
    assert.deepEqual(told, ['a']);
    trouble.over('b');
    assert.deepEqual(told, ['a', 'up']);
    trouble.over('b');
    assert.equal(told.length, 2);
  });
});

describe('what an error of a partition means', () => {
  const meanings: readonly (readonly [code: number, name: string, refusal: string])[] = [
    [6, 'NOT_LEADER_OR_FOLLOWER', 'moved'],
    [74, 'FENCED_LEADER_EPOCH', 'moved'],
    [75, 'UNKNOWN_LEADER_EPOCH', 'moved'],
    [9, 'REPLICA_NOT_AVAILABLE', 'moved'],
    [56, 'KAFKA_STORAGE_ERROR', 'moved'],
    [3, 'UNKNOWN_TOPIC_OR_PARTITION', 'unknown'],
    [100, 'UNKNOWN_TOPIC_ID', 'unknown'],
    [103, 'INCONSISTENT_TOPIC_ID', 'unknown'],
    [78, 'OFFSET_NOT_AVAILABLE', 'later'],
    [-1, 'UNKNOWN_SERVER_ERROR', 'later'],
    [1, 'OFFSET_OUT_OF_RANGE', 'out-of-range'],
    [2, 'CORRUPT_MESSAGE', 'corrupt'],
    [29, 'TOPIC_AUTHORIZATION_FAILED', 'refused'],
  ];
  for (const [code, name, refusal] of meanings) {
    test(name, () => assert.equal(refusalOf(code), refusal));
  }

  test('is told with the code that the operator looks up', () => {
    assert.equal(refusalError(29, 't/1').code, 'E-KAFKA-ACL');
    assert.equal(refusalError(6, 't/1').code, 'E-KAFKA-UNREACHABLE');
    assert.equal(refusalError(2, 't/1').code, 'E-KAFKA-CORRUPT');
    assert.match(refusalError(29, 't/1').message, /fetching t\/1/);
  });
});
