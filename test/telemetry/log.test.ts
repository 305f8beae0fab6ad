import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import { createLog, logTo } from '../../src/telemetry/log.ts';

function linesOf(readable: boolean, level: 'debug' | 'info' | 'silent' = 'info') {
  const lines: string[] = [];
  const log = createLog({ level, readable, to: { write: (line) => lines.push(line) } });
  return { lines, log };
}

describe('the log', () => {
  test('is one JSON object a line, with level and time in words', () => {
    const { lines, log } = linesOf(false);
    log.info({ event: 'x', rows: 3 }, 'done');
    log.debug('not shown at this level');
    assert.equal(lines.length, 1);
    const { time, ...rest } = JSON.parse(lines[0]!);
    assert.deepEqual(rest, { level: 'info', event: 'x', rows: 3, msg: 'done' });
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000, time);
  });

  test('tells an error with its stack and causes', () => {
    const { lines, log } = linesOf(false);
    const cause = new Error('connection reset');
    log.fatal({ err: new TidemarkError('E-KAFKA-REFUSED', 'no', { cause }) }, 'ended');
    const { err } = JSON.parse(lines[0]!);
    assert.match(err.stack, /log\.test\.ts/);
    assert.match(err.stack, /connection reset/);
  });

  test('is for people when asked: the message first, no JSON', () => {
    const { lines, log } = linesOf(true);
    log.warn({ event: 'x' }, 'the broker is down');
    assert.match(lines.join(''), /^\[\d\d:\d\d:\d\d\.\d{3}\] WARN: the broker is down/);
  });

  test('in a terminal a fault has its code and what to do, and no facts for machines', () => {
    const { lines, log } = linesOf(true);
    const { code, action } = new TidemarkError('E-KAFKA-AUTH', 'refused');
    log.fatal({ event: 'fatal', code, action, cause: 'x' }, 'the broker refused the password');
    assert.match(
      lines.join(''),
      /FATAL: the broker refused the password \(E-KAFKA-AUTH\)\n {4}What to do: Check `kafka\.sasl`[^\n]*\n$/,
    );
  });

  test('in a terminal the facts are shown when debugging, and a stack whenever there is one', () => {
    const { lines, log } = linesOf(true, 'debug');
    log.debug({ event: 'committed', partition: 3 }, 'committed');
    assert.match(lines.join(''), /committed \{"partition":3\}/);
    log.fatal({ err: new TidemarkError('E-INTERNAL', 'a broken promise') }, 'ended');
    assert.match(lines.join(''), /ended\nTidemarkError: a broken promise\n.*log\.test\.ts/);
  });

  test('says nothing when silent', () => {
    const { lines, log } = linesOf(false, 'silent');
    log.fatal('x');
    assert.deepEqual(lines, []);
  });
});

describe('a logger of somebody’s own', () => {
  test('gets facts and sentence at each level, and the fatal ones as errors where it has no such level', () => {
    const told: unknown[] = [];
    const at = (level: string) => (facts: object, message: string) => told.push([level, facts, message]);
    const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
    logTo(logger, 'debug').warn({ event: 'warning' }, 'look');
    logTo(logger, 'error').fatal({ event: 'fatal' }, 'ended');
    logTo({ ...logger, fatal: at('fatal') }, 'error').fatal({ event: 'fatal' }, 'ended');
    assert.deepEqual(told, [
      ['warn', { event: 'warning' }, 'look'],
      ['error', { event: 'fatal' }, 'ended'],
      ['fatal', { event: 'fatal' }, 'ended'],
    ]);
  });

  test('gets nothing below the level of the configuration', () => {
    const told: string[] = [];
    const at = (level: string) => () => told.push(level);
    const logger = {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      fatal: at('fatal'),
    };
    const tellAll = (level: 'debug' | 'warn' | 'silent') => {
      told.length = 0;
      const log = logTo(logger, level);
      for (const tell of [log.debug, log.info, log.warn, log.error, log.fatal]) tell({}, '');
      return [...told];
    };
    assert.deepEqual(tellAll('debug'), ['debug', 'info', 'warn', 'error', 'fatal']);
    assert.deepEqual(tellAll('warn'), ['warn', 'error', 'fatal']);
    assert.deepEqual(tellAll('silent'), []);
  });

  test('gets more or less as soon as the level is changed', () => {
    const told: string[] = [];
    const at = (level: string) => () => told.push(level);
    const log = logTo({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, 'warn');
    log.info({}, '');
    log.level = 'debug';
    log.debug({}, '');
    log.level = 'silent';
    log.error({}, '');
    log.fatal({}, '');
    assert.deepEqual(told, ['debug']);
    const { lines, log: own } = linesOf(false, 'info');
    own.level = 'debug';
    own.debug({ event: 'x' }, 'shown');
    assert.equal(lines.length, 1);
  });

  test('may be one of pino, which keeps its own level and names', () => {
    const { lines, log } = linesOf(false, 'info');
    logTo(log.child({ pipeline: 'a' }), 'debug').info({ event: 'x' }, 'done');
    logTo(log, 'debug').debug({ event: 'y' }, 'not shown');
    assert.equal(lines.length, 1);
    assert.equal(JSON.parse(lines[0]!).pipeline, 'a');
  });
});
