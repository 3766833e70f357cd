-- Takes in an operation that was admitted while the store was away: counts it and keeps its answer. One that is known, or that has
-- left every window, changes nothing.
-- KEYS  the user's hash, its open sessions (layout.lua)
-- ARGV  clock: a moment, or nothing for that of the server; the field of its session; its operation_id; 12 characters of its payload's
--       hash; its moment; what it counts, 0 for nothing; the answer in JSON; the moment of the answer
-- returns nothing
-- include layout.lua state.lua session.lua log.lua answer.lua

local clock, sessionField, operationId, hash = clockOf(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local askedAt, cost = tonumber(ARGV[5]), tonumber(ARGV[6])
local found = call('HMGET', KEY, HEAD, sessionField, operationId)
if replayOf(found[3], hash, askedAt) then
  return
end
loadHead(found[1])
if askedAt + WEEK_MS <= user.latestAt then
  return
end
local now = max(askedAt, user.latestAt)
user.latestAt, user.lastAdmittedAt = now, now

local writes = { HEAD, false, operationId, pack(ANSWER_FORM, 'J', tonumber(ARGV[8])) .. hash .. ARGV[7] }
local neededUntil = max(now, clock) + KEPT_MS
local session = sessionOf(found[2])
local endsAt = session and endOf(session)
if session and not (endsAt and endsAt <= askedAt) then
  session.activeAt = max(askedAt, session.activeAt)
  writes[5], writes[6] = sessionField, packSession(session)
  neededUntil = max(neededUntil, sessionKeptUntil(session, now))
end
prune(now)
if cost > 0 then
  appendOperation(operationId, cost, now, writes)
else
  queue('o', operationId, now, writes)
end
local mustExpire = keep(neededUntil)
writes[2] = packHead()
call('HSET', KEY, unpack(writes))
if mustExpire then
  expireKeys(clock)
end
