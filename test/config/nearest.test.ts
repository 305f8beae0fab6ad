import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestWord } from '../../src/config/nearest.ts';

test('a slip of the hand finds the word that was meant, whatever the case', () => {
  assert.equal(nearestWord('earlist', ['earliest', 'latest']), 'earliest');
  assert.equal(nearestWord('no', ['on', 'off']), 'on');
  assert.equal(nearestWord('BLOK', ['Block', 'Review']), 'Block');
});

test('a word that was only begun is found when no other begins so', () => {
  assert.equal(nearestWord('taken', ['taken_at', 'note']), 'taken_at');
  assert.equal(nearestWord('scram', ['scram-sha-256', 'scram-sha-512']), undefined);
  assert.equal(nearestWord('ta', ['taken_at_night', 'note']), undefined);
});

test('what is like no word gets no suggestion', () => {
  assert.equal(nearestWord('colour', ['on', 'off']), undefined);
  assert.equal(nearestWord('', ['on']), undefined);
  assert.equal(nearestWord('x'.repeat(101), ['x'.repeat(101)]), undefined);
});
