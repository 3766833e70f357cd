import { pino, stdSerializers, type DestinationStream } from 'pino';
import type { Log, LogFields, LogLevel } from '../../ports/log.ts';

/** Fields that are never printed, whoever logs them (C-7). */
const REDACTED = [
  'authorization',
  'token',
  'secret',
  'confirmation_code',
  '*.authorization',
  '*.token',
  '*.secret',
  '*.confirmation_code',
];

/** JSON lines, one an entry; stderr unless a destination is given, so that stdout stays for what a person asked for. */
export function createPinoLog(
  level: LogLevel,
  destination: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.errWithCause },
      redact: { paths: REDACTED, censor: '[redacted]' },
    },
    destination,
  );
  const line =
    (name: Exclude<LogLevel, 'silent'>) =>
    (message: string, fields: LogFields = {}) => {
      logger[name](fields, message);
    };
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    writes: (asked) => logger.isLevelEnabled(asked),
  };
}
