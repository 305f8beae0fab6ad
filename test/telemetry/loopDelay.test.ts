import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { LoopDelay } from '../../src/telemetry/loopDelay.ts';

test('the delay of the event loop is what it was late, and stays told after somebody looked', async () => {
  const delay = new LoopDelay(new Registry(), { name: 'delay_seconds', help: 'help' });
  const turns = async (count: number) => {
    for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await turns(5);
  const untilMs = performance.now() + 300;
  while (performance.now() < untilMs);
  await turns(5);
  for (let looks = 0; looks < 2; looks++) {
    const { values } = await delay.get();
    const most = values.find(({ labels }) => labels.quantile === 1)!.value;
    assert.ok(most > 0.25, `${most} s at the most`);
    const sum = values.find(({ metricName }) => metricName === 'delay_seconds_sum')!.value;
    assert.ok(sum > 0.25, `${sum} s in all`);
  }
});
