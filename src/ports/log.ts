export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Facts beside a message. Never a key, secret, confirmation code, session id or document of a user (C-7). */
export type LogFields = Readonly<Record<string, unknown>>;

/** The log of the service for its operators. Never throws and never waits for its sink. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  /** `fields.error` is printed with its stack and its causes. */
  error(message: string, fields?: LogFields): void;
  /** Whether lines of this level are written; asked once, at start. */
  writes(level: LogLevel): boolean;
}
