import { describe, expect, it } from 'vitest';
import { settingFindings } from '../../../src/adapters/redis/health.ts';

const info = (policy: string, aof: string): string =>
  `# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:${policy}\r\n# Persistence\r\naof_enabled:${aof}\r\n`;

describe('settings of Redis that lose what was counted', () => {
  it('there are none of a server that evicts nothing and writes what it does', () => {
    expect(settingFindings(info('noeviction', '1'))).toEqual([]);
  });

  it.each([
    [info('allkeys-lru', '1'), 'loss', /^maxmemory-policy is allkeys-lru, .*: set maxmemory-policy noeviction$/],
    [info('noeviction', '0'), 'note', /^appendonly is no, .*: set appendonly yes$/],
  ])('%j', (text, kind, message) => {
    expect(settingFindings(text)).toEqual([{ kind, text: expect.stringMatching(message) }]);
  });
});
