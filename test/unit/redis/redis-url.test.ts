import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../../src/adapters/redis/redis-url.ts';

const LOCAL = { nodes: [{ host: 'localhost', port: 6379 }], cluster: false, tls: false, db: 0 };

describe('a URL of Redis', () => {
  it.each([
    ['redis://localhost', LOCAL],
    ['redis://localhost/', LOCAL],
    ['redis://localhost:7000/3', { ...LOCAL, nodes: [{ host: 'localhost', port: 7000 }], db: 3 }],
    ['rediss://localhost', { ...LOCAL, tls: true }],
    ['redis://:p%40ss@localhost', { ...LOCAL, password: 'p@ss' }],
    ['redis://gate:secret@localhost', { ...LOCAL, username: 'gate', password: 'secret' }],
    ['redis://[::1]:7000', { ...LOCAL, nodes: [{ host: '::1', port: 7000 }] }],
    ['redis://localhost?cluster=true', { ...LOCAL, cluster: true }],
    ['redis://localhost?cluster=false', LOCAL],
    [
      'rediss://:s@a:1, rediss://b:2,rediss://c',
      {
        nodes: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
          { host: 'c', port: 6379 },
        ],
        cluster: true,
        tls: true,
        password: 's',
        db: 0,
      },
    ],
  ])('%s', (text, expected) => {
    expect(parseRedisUrl(text)).toEqual(expected);
  });

  it.each([
    '',
    'localhost:6379',
    'http://localhost',
    'redis://',
    'redis://localhost/x',
    'redis://localhost/-1',
    'redis://localhost?db=3',
    'redis://localhost?cluster=maybe',
    'redis://a,redis://b/1,',
    'redis://a/1,redis://b',
    'redis://a,rediss://b',
    'redis://a,b',
  ])('%j is none', (text) => {
    expect(parseRedisUrl(text)).toBeUndefined();
  });
});
