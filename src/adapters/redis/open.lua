-- Opens a session, and closes the oldest open ones that leave no room for it. An id that exists is answered as it is.
-- KEYS  the user's hash, its open sessions (layout.lua)
-- ARGV  clock: a moment, or nothing for that of the server; the field of the session; lifetime, inactivity, openMax
-- returns the clock, the session (session.lua), and the fields of those that were closed
-- include layout.lua state.lua session.lua log.lua open-sessions.lua

local clock, sessionField = clockOf(ARGV[1]), ARGV[2]
local found = call('HMGET', KEY, HEAD, sessionField)
if found[2] then
  return { clock, sessionText(sessionOf(found[2])) }
end
loadHead(found[1])
local now = max(clock, user.latestAt)
local rules = { lifetime = tonumber(ARGV[3]), inactivity = tonumber(ARGV[4]), openMax = tonumber(ARGV[5]) }
local writes, answer = { HEAD, false }, { clock, false }
if not found[1] then
  -- What every admission looks for stands in front, where small hashes find it soonest.
  writes[3], writes[4] = STANDING, ''
end

if rules.openMax then
  local open = {}
  for _, each in ipairs(unendedSessions(0, -1)) do
    local endsAt, by = endOf(each.session, rules)
    if endsAt and endsAt <= now then
      endSession(each, endsAt, by, now, writes)
    else
      open[#open + 1] = each
    end
  end
  for i = 1, #open + 1 - max(1, rules.openMax) do
    endSession(open[i], now, 'r', now, writes)
    answer[#answer + 1] = open[i].field
  end
else
  -- Without a maximum all stay. Those that ran out 7 days ago are looked for in turn, so that they do not pile up.
  local from = user.opened * STEP % max(1, call('ZCARD', SESSIONS))
  for _, each in ipairs(unendedSessions(from, from + STEP - 1)) do
    local endsAt = endOf(each.session)
    if endsAt and endsAt + WEEK_MS <= now then
      call('HDEL', KEY, each.field)
      call('ZREM', SESSIONS, each.field)
    end
  end
end

local session = { openedAt = now, activeAt = now, lifetime = rules.lifetime, inactivity = rules.inactivity, openMax = rules.openMax }
answer[2] = sessionText(session)
writes[#writes + 1] = sessionField
writes[#writes + 1] = packSession(session)
call('ZADD', SESSIONS, user.opened, sessionField)
user.latestAt, user.opened = now, user.opened + 1
prune(now)
keep(sessionKeptUntil(session, now))
writes[2] = packHead()
writeAll(writes)
expireKeys(clock)
return answer
