-- Ends sessions by logout. One that has ended, or has run out, keeps the end that it had.
-- KEYS  the user's hash, its open sessions (layout.lua)
-- ARGV  clock: a moment, or nothing for that of the server; the field of one session, or nothing for all that are open
-- returns the clock; for one session: it, or nothing where it is unknown; for all: those that it ended, oldest first, each as its
--         field and itself (session.lua)
-- include layout.lua state.lua session.lua log.lua open-sessions.lua

local clock, sessionField = clockOf(ARGV[1]), ARGV[2]
loadHead(call('HGET', KEY, HEAD))
local now = max(clock, user.latestAt)
local writes, answer, asked = { HEAD, false }, { clock }, nil
if sessionField ~= '' then
  local session = sessionOf(call('HGET', KEY, sessionField))
  if not session or session.endedAt then
    return { clock, session and sessionText(session) }
  end
  asked = { { field = sessionField, session = session } }
else
  asked = unendedSessions(0, -1)
end

for _, each in ipairs(asked) do
  local endsAt, by = endOf(each.session)
  local hasRunOut = endsAt and endsAt <= now
  if sessionField ~= '' then
    endSession(each, hasRunOut and endsAt or now, hasRunOut and by or 'l', now, writes)
    answer[2] = sessionText(each.session)
  elseif not hasRunOut then
    endSession(each, now, 'l', now, writes)
    answer[#answer + 1] = each.field
    answer[#answer + 1] = sessionText(each.session)
  end
end
if #writes > 2 then
  prune(now)
  local mustExpire = keep(now + KEPT_MS)
  writes[2] = packHead()
  writeAll(writes)
  if mustExpire then
    expireKeys(clock)
  end
end
return answer
