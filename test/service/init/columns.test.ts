import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OnnxValue } from '../../../src/model/onnxProto.ts';
import { namesInMetadata, rowsFault } from '../../../src/service/init/columns.ts';

test('column names come from the metadata, as a JSON list, with commas or one a line', () => {
  for (const text of ['["a","b","c"]', 'a,b,c', 'a, b, c', 'a\nb\nc\n']) {
    assert.deepEqual(
      namesInMetadata({ trained_on: 'x', feature_names: text }, 3)?.names,
      ['a', 'b', 'c'],
      text,
    );
  }
});

test('names that are too few, twice or empty are no names, nor is metadata of another kind', () => {
  assert.equal(namesInMetadata({ feature_names: 'a,b' }, 3), undefined);
  assert.equal(namesInMetadata({ feature_names: 'a,b,b' }, 3), undefined);
  assert.equal(namesInMetadata({ feature_names: 'a,,b' }, 3), undefined);
  assert.equal(namesInMetadata({ feature_names: '{"a":1}' }, 1), undefined);
  assert.equal(namesInMetadata({ author: 'a,b,c' }, 3), undefined);
});

test('an input without a dimension for rows is refused with the shape to export; others are not', () => {
  const input = (shape: OnnxValue['shape']): OnnxValue => {
    return { name: 'X', kind: 'tensor', type: 'float32', shape, zipMap: false };
  };
  assert.match(rowsFault(input([35]))!, /shape \[35\], which has no dimension for rows: .*\[N, 35\]/);
  assert.match(rowsFault(input([]))!, /shape \[\]/);
  for (const shape of [['N', 35], [1, 35], ['N'], [1], undefined])
    assert.equal(rowsFault(input(shape)), undefined, JSON.stringify(shape));
  assert.match(rowsFault({ ...input(undefined), kind: 'map' })!, /is a map/);
});
