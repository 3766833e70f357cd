import { describe, expect, it } from 'vitest';
import { createPinoLog } from '../../src/adapters/pino/pino-log.ts';
import { Fault } from '../../src/domain/errors.ts';

function written(level: Parameters<typeof createPinoLog>[0], act: (log: ReturnType<typeof createPinoLog>) => void) {
  const lines: string[] = [];
  act(createPinoLog(level, { write: (line) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the log', () => {
  it('writes one JSON line an entry, from its level up', () => {
    const lines = written('warn', (log) => {
      log.debug('a');
      log.info('b');
      log.warn('c', { method: 'm' });
      log.error('d');
    });
    expect(lines).toMatchObject([
      { level: 'warn', msg: 'c', method: 'm' },
      { level: 'error', msg: 'd' },
    ]);
    expect(lines[0]?.['time']).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it.each([
    ['debug', 'debug', true],
    ['info', 'debug', false],
    ['silent', 'error', false],
  ] as const)('at %s, tells whether it writes %s', (level, asked, writes) => {
    expect(createPinoLog(level, { write: () => undefined }).writes(asked)).toBe(writes);
  });

  it('prints an error with its stack and causes', () => {
    const error = new Fault('UNAVAILABLE', 'the store is away', { cause: new Error('disk gone') });
    const [line] = written('info', (log) => log.error('failed', { error }));
    expect(JSON.stringify(line)).toContain('disk gone');
    expect(line).toMatchObject({
      error: { type: 'Fault', stack: expect.stringContaining('the store is away') as string },
    });
  });

  it('prints no credential or code, whoever hands it one (C-7)', () => {
    const secret = { authorization: 'Bearer s3cret', token: 's3cret', secret: 's3cret', confirmation_code: 's3cret' };
    const lines = written('info', (log) => log.info('x', { ...secret, headers: secret }));
    expect(JSON.stringify(lines)).not.toContain('s3cret');
    expect(JSON.stringify(lines)).toContain('[redacted]');
  });
});
