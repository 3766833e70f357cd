-- Part of scripts that give answers. An answer: its kind, its moment, and
--   'P' admitted, with no window exceeded: dailyUsed, dailyLeft, weeklyUsed, weeklyLeft, expiresLeft (0: none, else one more); hash, words
--   'T' any: hash, words, '|', the numbers of judgement-answer.lua, '|', what more words it takes
--   'J' given by the caller: hash, the admission in JSON
-- Hash: 12 characters of the payload's. Words are what the texts of the answer need of the terms. "Left" is milliseconds from the moment on.

-- Where the hash stands.
local HASH_AT = { P = struct.size(PLAIN_FORM) + 1, T = struct.size(ANSWER_FORM) + 1, J = struct.size(ANSWER_FORM) + 1 }
local HASH_BYTES = 12

-- r, and the first answer: a repeat. K: the id was used with another payload. nil: none, or 7 days old.
local function replayOf(answer, hash, clock)
  if not answer then
    return nil
  end
  local kind, at = unpackOf(ANSWER_FORM, answer)
  if clock >= at + WEEK_MS then
    return nil
  end
  local hashAt = HASH_AT[kind]
  if string.sub(answer, hashAt, hashAt + HASH_BYTES - 1) ~= string.sub(hash, 1, HASH_BYTES) then
    return 'K'
  end
  return 'r' .. answer
end
