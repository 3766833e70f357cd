-- Sessions of a user. Writes nothing.
-- KEYS  the user's hash, its open sessions (layout.lua)
-- ARGV  clock: a moment, or nothing for that of the server; the field of one session, or nothing for all that are open
-- returns the clock; for one session: it, or nothing where it is unknown; for all: those that are open, oldest first, each as its
--         field and itself (session.lua)
-- include layout.lua state.lua session.lua log.lua open-sessions.lua

local clock, answer = clockOf(ARGV[1]), {}
answer[1] = clock
if ARGV[2] ~= '' then
  local record = call('HGET', KEY, ARGV[2])
  answer[2] = record and sessionText(sessionOf(record)) or nil
  return answer
end
for _, each in ipairs(unendedSessions(0, -1)) do
  local endsAt = endOf(each.session)
  if not endsAt or clock < endsAt then
    answer[#answer + 1] = each.field
    answer[#answer + 1] = sessionText(each.session)
  end
end
return answer
