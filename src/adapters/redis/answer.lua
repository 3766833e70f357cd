-- Part of scripts that give answers. An answer: its kind, the first 12 characters of the payload's hash, its moment, and
--   'P' admitted, with no window exceeded: dailyUsed, dailyLeft, weeklyUsed, weeklyLeft, expiresLeft (0: none, else one more), words
--   'T' any: the numbers of judge.lua as text, '|', words
--   'J' given by the caller: the admission in JSON
-- Words are what the texts of the answer need of the terms. "Left" is milliseconds from the moment on.

-- <at>,<skew>,<dailyUsed>,<dailyLeft>,<weeklyUsed>,<weeklyLeft>,<expiresLeft>; skew: how far the clock is behind `at`
local function plainText(at, skew, dailyUsed, dailyLeft, weeklyUsed, weeklyLeft, expiresLeft)
  return at .. ',' .. skew .. ',' .. dailyUsed .. ',' .. dailyLeft .. ',' .. weeklyUsed .. ',' .. weeklyLeft .. ','
    .. expiresLeft
end

-- r, and the first answer with its words: a repeat. K: the id was used with another payload. nil: none, or 7 days old.
local function replayOf(answer, hash, clock)
  if not answer then
    return nil
  end
  local kind, payload, at, position = unpackOf(ANSWER_FORM, answer)
  if clock >= at + WEEK_MS then
    return nil
  end
  if payload ~= hash then
    return 'K'
  end
  if kind ~= 'P' then
    return 'r' .. kind .. string.sub(answer, position)
  end
  local _, _, _, dailyUsed, dailyLeft, weeklyUsed, weeklyLeft, expiresLeft, ending = unpackOf(PLAIN_FORM, answer)
  return 'rP' .. plainText(at, 0, dailyUsed, dailyLeft, weeklyUsed, weeklyLeft, expiresLeft) .. '|' .. string.sub(answer, ending)
end
