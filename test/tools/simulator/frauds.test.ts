import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from 'random';
import { Frauds } from '../../../tools/simulator/frauds.ts';

const CUSTOMERS = 500;
const TERMINALS = 1000;

/** A payment so small that only its place or its payer can make it a fraud. */
const payment = (customer: number, terminal: number) => ({ second: 0, customer, terminal, amountCents: 100 });

function compromisedTerminals(frauds: Frauds): Set<number> {
  const terminals = new Set<number>();
  for (let terminal = 0; terminal < TERMINALS; terminal++) {
    // A customer beyond the world has no thief.
    if (frauds.judge(payment(CUSTOMERS, terminal)) === 'terminal') terminals.add(terminal);
  }
  return terminals;
}

test('two terminals are compromised each day, each for 28 days, and all their payments are frauds', () => {
  const frauds = new Frauds(CUSTOMERS, TERMINALS, new Random('terminals'));
  const daysCompromised = new Map<number, number>();
  for (let day = 0; day < 100; day++) {
    frauds.beginDay(day);
    const compromised = compromisedTerminals(frauds);
    if (day === 0) assert.equal(compromised.size, 2);
    assert.ok(compromised.size <= 2 * Math.min(day + 1, 28));
    for (const terminal of compromised)
      daysCompromised.set(terminal, (daysCompromised.get(terminal) ?? 0) + 1);
  }
  const whole = [...daysCompromised.values()].filter((days) => days === 28).length;
  // 144 were drawn long enough ago to have served their time; few of them were drawn again meanwhile.
  assert.ok(whole > 110 && whole <= 144, `${whole} terminals were compromised for 28 days`);
});

test('three customers are compromised each day for 14 days: a third of their payments are frauds of five times the amount', () => {
  const frauds = new Frauds(CUSTOMERS, TERMINALS, new Random('customers'));
  frauds.beginDay(0);
  const safe = [...Array(TERMINALS).keys()].find((terminal) => !compromisedTerminals(frauds).has(terminal))!;
  const stolen = new Map<number, number>();
  for (let customer = 0; customer < CUSTOMERS; customer++) {
    for (let attempt = 0; attempt < 900; attempt++) {
      const attempted = payment(customer, safe);
      const scenario = frauds.judge(attempted);
      assert.equal(attempted.amountCents, scenario === 'customer' ? 500 : 100);
      if (scenario === 'customer') stolen.set(customer, (stolen.get(customer) ?? 0) + 1);
    }
  }
  assert.equal(stolen.size, 3);
  for (const count of stolen.values()) assert.ok(Math.abs(count - 300) < 60, `${count} of 900 payments`);

  for (let day = 1; day < 14; day++) frauds.beginDay(day);
  const [victim] = stolen.keys();
  const stillStolen = () => [...Array(200)].some(() => frauds.judge(payment(victim!, safe)) === 'customer');
  assert.ok(stillStolen(), 'on the fourteenth day');
  frauds.beginDay(14);
  assert.ok(!stillStolen(), 'on the fifteenth day');
});

test('a payment is a fraud by amount above 220, not at it', () => {
  const frauds = new Frauds(CUSTOMERS, TERMINALS, new Random('amounts'));
  const ofAmount = (amountCents: number) => frauds.judge({ ...payment(0, 0), amountCents });
  assert.equal(ofAmount(220_00), 'none');
  assert.equal(ofAmount(220_01), 'amount');
});
