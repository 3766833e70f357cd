import { userIdOf } from './terms.mjs';

const STEP = 10_000;

/** Copies the keys of one user to users `from` to `to` - 1, within the server. */
const COPY_USER = `
local copied = 0
for number = tonumber(ARGV[2]), tonumber(ARGV[3]) - 1 do
  local user = string.format('u%06d', number)
  for _, key in ipairs(KEYS) do
    local copy = string.gsub(key, ARGV[1], user)
    redis.call('COPY', key, copy, 'REPLACE')
    local lives = redis.call('PEXPIRETIME', key)
    if lives > 0 then redis.call('PEXPIREAT', copy, lives) end
    copied = copied + 1
  end
end
return copied`;

/**
 * Makes users `from` to `to` - 1 of a Redis store alike to another, whom no load touches.
 * @param {import('ioredis').Redis} client
 */
export async function copyUser(client, pattern, from, to) {
  const user = userIdOf(pattern);
  const keys = (await client.keys(`*${user}*`)).sort();
  if (keys.length === 0) throw new Error(`user ${user} has no keys to copy`);
  for (let number = from; number < to; number += STEP) {
    const copied = await client.eval(COPY_USER, keys.length, ...keys, user, number, Math.min(to, number + STEP));
    if (copied === 0) throw new Error('nothing was copied');
  }
}

/** Bytes that the server's values take, by its own count. */
export async function usedBytes(client) {
  const memory = await client.info('memory');
  return Number(/^used_memory:(\d+)/m.exec(memory)?.[1]);
}
