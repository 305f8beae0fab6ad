import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type Command,
  keyOf,
  parseAudit,
  parseCommand,
  requestOf,
  subjectOf,
} from '../../../src/service/control/command.ts';

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const who = { by: 'alice', why: 'a look' };
const asked = { id: randomUUID(), atMs: 1, untilMs: 2 };

const COMMANDS: readonly Command[] = [
  { command: 'pause', ...who, ...asked },
  { command: 'resume', ...who, ...asked },
  { command: 'drain', ...who, ...asked },
  { command: 'log-level', level: 'default', ...who, ...asked },
  { command: 'skip', partition: 3, to: { skip: 2 }, ...who, ...asked },
  { command: 'skip', partition: 3, to: { offset: 2, forward: true }, ...who, ...asked },
  { command: 'seek', partition: 0, to: 'earliest', ...who, ...asked },
  { command: 'seek', partition: 0, to: { offset: 0 }, ...who, ...asked },
  { command: 'seek', partition: 0, to: { timestampMs: 0 }, ...who, ...asked },
];

describe('a command', () => {
  test('is read as it was written', () => {
    for (const command of COMMANDS)
      assert.deepEqual(parseCommand(bytes(command)), { ok: true, value: command });
  });

  test('has the key of what it is about, and of no other group', () => {
    const keys = COMMANDS.map((command) => keyOf('a/b', command));
    assert.deepEqual(
      new Set(keys),
      new Set(['a/b/state', 'a/b/log-level', 'a/b/partition/3', 'a/b/partition/0']),
    );
    assert.equal(subjectOf('a/b', 'a/b/state'), 'state');
    assert.equal(subjectOf('a/b', 'a/b/log-level'), 'log-level');
    assert.equal(subjectOf('a/b', 'a/b/partition/3'), 'partition');
    for (const key of ['a/b/partition/x', 'a/b/state/state', 'a/state', 'a/b', ''])
      assert.equal(subjectOf('a/b', key), undefined, key);
    assert.equal(subjectOf('a', 'a/b/state'), undefined);
  });

  const wrong: readonly (readonly [string, unknown])[] = [
    ['nobody asked', { ...COMMANDS[0], by: '' }],
    ['no reason', { ...COMMANDS[0], why: '   ' }],
    ['a reason of several lines', { ...COMMANDS[0], why: 'one\ntwo' }],
    ['what a terminal would take for a colour', { ...COMMANDS[0], by: '\u001b[31mroot' }],
    ['too much reason', { ...COMMANDS[0], why: 'x'.repeat(1001) }],
    ['a key that nobody knows', { ...COMMANDS[0], only: 'replica-1' }],
    ['no id', { ...COMMANDS[0], id: 'x' }],
    ['a partition below 0', { ...COMMANDS[4], partition: -1 }],
    ['to skip backwards', { ...COMMANDS[4], to: { skip: -1 } }],
    ['to skip to where nothing says that it is ahead', { ...COMMANDS[4], to: { offset: 1 } }],
    ['an offset that cannot be held', { ...COMMANDS[7], to: { offset: 2 ** 53 } }],
    ['half an offset', { ...COMMANDS[7], to: { offset: 0.5 } }],
    ['another level', { ...COMMANDS[3], level: 'all' }],
    ['a list', []],
    ['nothing', null],
  ];
  for (const [what, value] of wrong) {
    test(`is none with ${what}`, () => assert.equal(parseCommand(bytes(value)).ok, false));
  }

  test('is none when it is not JSON, not UTF-8 or too long, which is said in few words', () => {
    for (const [value, problem] of [
      ['{', 'not JSON'],
      [Buffer.from([0x22, 0xff, 0x22]), 'not JSON'],
      ['['.repeat(9000), 'not JSON'],
      [' '.repeat(20_000), '20000 bytes, more than 16384'],
    ] as const) {
      assert.deepEqual(parseCommand(Buffer.from(value)), { ok: false, problem });
    }
  });

  test('never throws, whatever is sent', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json().map((text) => Buffer.from(text)),
          fc.uint8Array(),
        ),
        (value) => {
          const parsed = parseCommand(value);
          assert.ok(parsed.ok || parsed.problem.length < 120);
          parseAudit(value);
        },
      ),
    );
  });

  test('is asked for without what is added to it', () => {
    const request = { command: 'pause', ...who };
    assert.deepEqual(requestOf(request), request);
    for (const [sent, says] of [
      [{ ...request, untilMs: 1 }, /untilMs/],
      [
        { ...request, by: '', why: 'a\u0007' },
        /^by: expected who asks for it; why: expected why it is asked for/,
      ],
      [{ ...request, command: 'stop' }, /command: /],
      ['pause', /./],
    ] as const) {
      assert.throws(() => requestOf(sent), { code: 'E-USAGE', message: says });
    }
  });
});

describe('a record of the audit topic', () => {
  const place = { atMs: 5, group: 'g', pipeline: 'p' };

  test('is a command that was asked for, or what came of it', () => {
    const requested = { kind: 'requested', ...place, command: COMMANDS[4] };
    assert.deepEqual(parseAudit(bytes(requested)), { ok: true, value: requested });
    const answered = {
      kind: 'answered',
      ...place,
      id: asked.id,
      command: 'skip',
      replica: { id: 'r', host: 'host-2', pid: 4121 },
      applied: true,
      result: '1204 → 1205',
      partition: 3,
      from: 1204,
      to: 1205,
    };
    assert.deepEqual(parseAudit(bytes({ ...answered, later: 1 })), { ok: true, value: answered });
    assert.ok(!parseAudit(bytes({ ...answered, result: 'a\u001b]0;title\u0007' })).ok);
  });
});
