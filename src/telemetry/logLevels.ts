/** From the one that tells most to the one that tells nothing. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a group may be told to log; `default` is what each pipeline file says. */
export const COMMANDED_LEVELS = [...LOG_LEVELS, 'default'] as const;
export type CommandedLevel = (typeof COMMANDED_LEVELS)[number];
