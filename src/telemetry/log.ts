import { type Logger as PinoLogger, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Logger } from './logger.ts';
import { LOG_LEVELS, type LogLevel } from './logLevels.ts';

export interface Log extends Required<Logger> {
  /** The least severe events that are told; may be changed at any time. */
  level: string;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Lines for people instead of JSON. Default: whether standard error is a terminal. */
  readonly readable?: boolean;
  /** Where lines go instead of standard error. */
  readonly to?: { write(line: string): unknown };
}

/**
 * Structured JSON, one object a line; in a terminal, lines for people. All of it goes to standard error: standard output is
 * for results. Writes are synchronous, so that the line that says why the process ends is out before it ends; the log is
 * quiet enough for that to cost nothing.
 */
export function createLog(options: LogOptions): PinoLogger {
  const to = options.to ?? pino.destination({ dest: 2, sync: true });
  const readable = options.readable ?? process.stderr.isTTY === true;
  return pino(
    {
      level: options.level,
      // The process id and host name are the collector's business.
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    readable ? { write: readableTo(to, options.to === undefined) } : to,
  );
}

/** Tells events of `level` and above to a logger of somebody's own. */
export function logTo(logger: Logger, level: LogLevel): Log {
  const log: Log = {
    level,
    debug: (facts, message) => told('debug') && logger.debug(facts, message),
    info: (facts, message) => told('info') && logger.info(facts, message),
    warn: (facts, message) => told('warn') && logger.warn(facts, message),
    error: (facts, message) => told('error') && logger.error(facts, message),
    fatal: (facts, message) => {
      if (told('error'))
        logger.fatal === undefined ? logger.error(facts, message) : logger.fatal(facts, message);
    },
  };
  const told = (at: LogLevel) => LOG_LEVELS.indexOf(at) >= LOG_LEVELS.indexOf(log.level as LogLevel);
  return log;
}

function readableTo(to: { write(line: string): unknown }, isStandardError: boolean): (line: string) => void {
  const format = prettyFactory({
    colorize: isStandardError && process.stderr.hasColors(),
    translateTime: 'SYS:HH:MM:ss.l',
    hideObject: true,
    messageFormat: (line, messageKey, _level, { colors }) =>
      readableMessage(line, String(line[messageKey]), (text) => colors.gray(text)),
  });
  return (line) => to.write(format(line));
}

/** What a person reads: the message, the code it can be looked up by, what to do; the facts behind it only when debugging. */
function readableMessage(
  line: Record<string, unknown>,
  message: string,
  dim: (text: string) => string,
): string {
  const { level, time, msg, event, code, action, err, ...facts } = line;
  const parts = [
    typeof code === 'string' && !message.includes(code) ? `${message} ${dim(`(${code})`)}` : message,
  ];
  if (level === 'debug') parts.push(` ${dim(JSON.stringify(facts))}`);
  if (typeof action === 'string') parts.push(`\n    ${dim('What to do:')} ${action}`);
  const stack = (err as { stack?: unknown } | undefined)?.stack;
  if (typeof stack === 'string') parts.push(`\n${dim(stack)}`);
  return parts.join('');
}
