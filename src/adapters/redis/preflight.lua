-- The decision that admit.lua would come to, counting and keeping nothing. Writes nothing.
-- KEYS  the user's hash, its open sessions (layout.lua)
-- ARGV  clock: a moment, or nothing for that of the server; the 22 characters of the session; the terms (judge.lua)
-- returns P or T and the numbers (answer.lua, judge.lua); D<moment> where the terms do not know the day
-- include layout.lua state.lua session.lua log.lua answer.lua judge.lua

local clock = clockOf(ARGV[1])
local found = call('HMGET', KEY, HEAD, STANDING, ' ' .. ARGV[2])
readTerms(ARGV[3])
loadHead(found[1])
loadStanding(found[2])
if not judge(sessionOf(found[3]), clock) then
  return 'D' .. judged.at
end
if isPlain() then
  return 'P' .. plainText(judged.at, judged.at - clock, plainNumbers())
end
return 'T' .. judgementText(judged.at - clock)
