/** What panels say in words, of views as the API would give them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GroupPartitionView } from '../../src/http/api/group.ts';
import type { ReplicaView } from '../../src/http/api/replica.ts';
import { textOf } from './textOf.ts';
import { groupView, scaleView } from './views.ts';

const BEHIND = groupView(true);

describe('the panel of the group', () => {
  const said = (change: Partial<typeof BEHIND>) => textOf('group', { ...BEHIND, ...change }, []);

  it('says how long what waits will last, that it never ends, or nothing while no rate is known', async () => {
    assert.match(await said({ drainSeconds: 90 }), /35,500 wait: gone in 1 min 30 s at this rate\./);
    assert.match(await said({}), /35,500 wait: at this rate it will never be gone\./);
    const unknown = await said({ arrivalPerSecond: null, progressPerSecond: null });
    assert.match(unknown, /– records\/s arrive, – are committed; 35,500 wait\./);
  });

  it('tells members of one name on one host apart', async () => {
    const [one] = BEHIND.members;
    const members = ['a1f0', 'b2e9'].map((end) => ({
      ...one!,
      clientId: 'scorer',
      memberId: `scorer-${end}`,
    }));
    assert.match(await said({ members }), /scorer ·a1f0 .*scorer ·b2e9 /);
    assert.match(await said({ members: [{ ...one!, instanceId: 'scorer-0' }] }), /scorer-0 10\.0\.0\.7/);
  });

  it('says why a partition waits, where that is known', async () => {
    const of = (change: Partial<GroupPartitionView>) =>
      said({ partitions: [{ ...BEHIND.partitions[4]!, ...change }] });
    assert.match(await of({}), /4 stuck 35,000/);
    assert.match(await of({ openTransaction: true }), /4 stuck open transaction 35,000/);
    const stopped = { code: 'E-KAFKA-CORRUPT', message: 'its bytes are damaged' };
    assert.match(await of({ stopped }), /4 stopped E-KAFKA-CORRUPT 35,000/);
    assert.match(await of({ state: 'unknown', leader: null }), /4 unknown no leader 35,000/);
  });
});

describe('the panel of the model', () => {
  it('gives the share of all events that were read for scoring, those that were rejected among them', async () => {
    const view = {
      outputs: [],
      decisions: [],
      features: [{ feature: 'terminal_risk_30d', missing: 250, unknown: 0 }],
      totals: { scored: 750, deadLettered: 250, skipped: 9_000 },
    } as unknown as ReplicaView;
    const said = await textOf('model', view);
    assert.match(said, /Features missing or unknown/);
    assert.match(said, /terminal_risk_30d 250 \(25\.0 %\) 0/);
  });
});

describe('the panel of the advice', () => {
  const calm = scaleView(false);

  it('says what is needed and by when, and a dash and no time where that is not known', async () => {
    assert.match(
      await textOf('scaling', calm),
      /1,407 events\/s 1,405 arrive, 520 wait and are to be gone in 5 min/,
    );
    const because = { ...calm.because, neededPerSecond: null };
    assert.match(
      await textOf('scaling', { ...calm, because }),
      /Needed in all – events\/s 1,405 arrive, 520 wait /,
    );
    assert.doesNotMatch(await textOf('scaling', { ...calm, because }), /to be gone/);
  });

  it('says once what to do about partitions that are stuck alike, and names them', async () => {
    const stuck = [0, 1, 2, 5].map((partition) => ({
      partition,
      lag: 1_000,
      what: `partition ${partition} has not moved for 46 s`,
      todo: partition === 5 ? 'Find the producer.' : 'Look at that replica.',
    }));
    const said = await textOf('scaling', { ...calm, stuck });
    assert.equal(said.match(/Look at that replica\./g)?.length, 1);
    assert.match(
      said,
      /Partitions 0–2 are stuck, 3,000 events wait\. Of these, partition 0 has not moved for 46 s\. Look/,
    );
    assert.match(said, /Partition 5 is stuck\. Partition 5 has not moved for 46 s\. Find the producer\./);
  });

  it('says once that a partition is hot, by what, and what helps', async () => {
    const what = 'partition 3 is hot: it gets 923 events/s; 97% of its latest records have the key "C-1"';
    const key = { key: 'C-1', share: 0.97, sampled: 1_000 };
    const hot = [
      { partition: 3, lag: 5, arrivalPerSecond: 923, arrivalShare: 0.92, key, what, todo: 'Spread it.' },
    ];
    const said = await textOf('scaling', { ...calm, hot });
    assert.match(said, /help Partition 3 is hot: it gets 923 events\/s; 97% .* key "C-1"\. Spread it\.$/);
    assert.equal(said.match(/C-1/g)?.length, 1);
  });
});
