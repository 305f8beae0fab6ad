import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCardFraud } from '../support/cardFraud.ts';
import { ownStack } from '../support/ownStack.ts';
import { payments } from '../support/payments.ts';
import { runTidemark, scoreUntilEnd, TidemarkProcess } from '../support/tidemark.ts';

const username = 'scorer';
const password = 'correct horse battery';
const stack = await ownStack({ sasl: { username, password }, tls: true });

const sasl = (mechanism: string, secret: string) => ({
  'kafka.brokers': stack.saslBrokers,
  'kafka.sasl': { mechanism, username, password: secret },
});

for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512']) {
  test(`${mechanism}: right credentials score, wrong ones stop the process with a code`, async (t) => {
    const pipeline = await newCardFraud(t, { settings: sasl(mechanism, password) });
    await pipeline.send(payments(30));
    assert.equal((await scoreUntilEnd(t, pipeline.file)).scored, 30);

    const wrong = runTidemark(t, pipeline.fileWith(sasl(mechanism, 'not the secret')), '--until-end');
    assert.equal((await wrong.endsWith(1)).stdout, '');
    await wrong.says({ event: 'fatal', code: 'E-KAFKA-AUTH' });
    assert.ok(!wrong.story().includes('not the secret'), 'the secret is in the log');
    const check = new TidemarkProcess(t, [
      'check',
      '--live',
      '-c',
      pipeline.fileWith(sasl(mechanism, 'wrong')),
    ]);
    assert.match((await check.endsWith(2)).stdout + check.story(), /E-KAFKA-AUTH/);
  });
}

test('tls: the right authority scores, an unknown one stops the process with a code', async (t) => {
  const { brokers, ca } = stack.tls!;
  const pipeline = await newCardFraud(t, { settings: { 'kafka.brokers': brokers, 'kafka.tls': { ca } } });
  await pipeline.send(payments(30));
  assert.equal((await scoreUntilEnd(t, pipeline.file)).scored, 30);

  const trusting = pipeline.fileWith({ 'kafka.tls': {} });
  const run = runTidemark(t, trusting, '--until-end');
  await run.endsWith(1);
  await run.says({ event: 'fatal', code: 'E-KAFKA-AUTH' });
});
