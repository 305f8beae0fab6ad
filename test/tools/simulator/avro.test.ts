import assert from 'node:assert/strict';
import { test } from 'node:test';
import avro from 'avsc';
import { transactionEncoder, transactionSchema } from '../../../tools/simulator/avro.ts';
import { simulate } from '../../../tools/simulator/simulate.ts';
import type { Transaction } from '../../../tools/simulator/transaction.ts';

const type = avro.Type.forSchema(JSON.parse(transactionSchema));

test('an encoded payment is framed and reads back as it was, without the truth about it', () => {
  const encode = transactionEncoder(0x01020304);
  for (const simulated of simulate({ seed: 1, days: 50, customers: 5, terminals: 500 })) {
    const bytes = encode(simulated);
    assert.deepEqual([...bytes.subarray(0, 5)], [0, 1, 2, 3, 4]);
    const { fraud: _fraud, scenario: _scenario, ...event } = simulated;
    assert.deepEqual(plain(type.fromBuffer(bytes.subarray(5))), { ...event, simulated_time: null });
  }
});

test('an emitted payment carries its simulated moment beside the time of its emission', () => {
  const [payment] = simulate({ seed: 1, days: 2, customers: 50, terminals: 500 });
  const emitted = { ...payment!, event_time: 1_700_000_000_000, simulated_time: payment!.event_time };
  const read = plain(type.fromBuffer(transactionEncoder(1)(emitted).subarray(5)));
  assert.equal(read.event_time, 1_700_000_000_000);
  assert.equal(read.simulated_time, payment!.event_time);
});

test('a payment larger than any before is encoded whole', () => {
  const [payment] = simulate({ seed: 1, days: 2, customers: 50, terminals: 500 });
  const long = { ...payment!, transaction_id: 'x'.repeat(100_000) };
  assert.equal(type.fromBuffer(transactionEncoder(1)(long).subarray(5)).transaction_id, long.transaction_id);
});

/** avsc gives instances of classes of its own. */
function plain(value: unknown): Transaction {
  return JSON.parse(JSON.stringify(value));
}
