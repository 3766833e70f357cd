-- The decision that admit.lua would come to, counting and keeping nothing. Writes nothing.
-- KEYS  the user's hash, its open sessions (layout.lua)
-- ARGV  clock: a moment, or nothing for that of the server; the field of the session; what an answer keeps; the terms (admit.lua)
-- returns the answer that admit.lua would keep, after B and 6 bytes where the clock is behind its moment by so much; D<moment> where the
--       terms do not know the day
-- include layout.lua terms-numbers.lua state.lua session.lua log.lua answer.lua terms.lua standing.lua windows.lua judge.lua judgement-answer.lua

local clock = clockOf(ARGV[1])
local found = call('HMGET', KEY, HEAD, STANDING, ARGV[2])
readTerms(ARGV[4])
loadHead(found[1])
loadStanding(found[2])
if not judge(sessionOf(found[3]), clock) then
  return 'D' .. judged.at
end
return replyOf(answerOf(ARGV[3]), judged.at, clock)
