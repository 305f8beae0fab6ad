/** Checks of `tidemark doctor` on limits of brokers that are not as they come. */
import { describe, test } from 'node:test';
import { newCardFraud } from '../support/cardFraud.ts';
import { has, hasNone, verdictsOf } from '../support/doctor.ts';
import { ownStack } from '../support/ownStack.ts';

await ownStack({
  properties: {
    'group.min.session.timeout.ms': 30_000,
    'group.max.session.timeout.ms': 60_000,
    'socket.request.max.bytes': 1_048_576,
    'transaction.max.timeout.ms': 1_800_000,
    'unclean.leader.election.enable': 'true',
  },
});

describe('the brokers', () => {
  test('refuse members with such a session timeout', async (t) => {
    const { fileWith } = await newCardFraud(t);
    const of = (timeout: string) =>
      verdictsOf(fileWith({ 'kafka.session_timeout': timeout, watchdog: '3m' }), 'group');
    for (const [timeout, shown] of [
      ['20s', '20s'],
      ['90s', '1m 30s'],
    ] as const)
      has(
        await of(timeout),
        'fail',
        new RegExp(`^kafka.session_timeout is ${shown}, and brokers take 30s to 1m$`),
        /Choose a session timeout between them/,
      );
    hasNone(await of('45s'), 'fail', 'warn');
  });

  test('take smaller requests than are sent', async (t) => {
    const { file } = await newCardFraud(t);
    const evidence = /^socket.request.max.bytes of the brokers is 1 MiB; requests here are up to \d+ MiB/;
    has(await verdictsOf(file, 'sizes'), 'fail', evidence, /Raise socket.request.max.bytes to \d+/);
  });

  test('let transactions be open for long', async (t) => {
    const { file, input } = await newCardFraud(t);
    const evidence = new RegExp(
      `^transaction.max.timeout.ms of the brokers is 30m: .* ${input} for so long$`,
    );
    const verdicts = await verdictsOf(file, 'transactions');
    has(verdicts, 'warn', evidence, /Lower it towards Kafka’s 15m/);
    has(verdicts, 'ok', /no transaction is open/);
  });

  test('let a replica lead that lacks records', async (t) => {
    const { file, input } = await newCardFraud(t);
    const evidence = new RegExp(`^${input}: unclean.leader.election.enable lets a replica lead`);
    has(await verdictsOf(file, 'durability'), 'warn', evidence, /Switch it off/);
  });
});
