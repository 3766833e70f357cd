-- Decides on operations of one user, in order, and counts those that are admitted: each as if it came alone, at one moment.
-- KEYS  the user's hash, its open sessions (layout.lua)
-- ARGV  clock: a moment, or nothing for that of the server; then for each operation: the field of its session, its operation_id, what its
--       answer keeps: 12 characters of its payload's hash and the words of the terms (answer.lua); its terms (terms.lua)
-- returns a reply each, alone if there is one operation: the answer as it is kept (answer.lua), after B and 6 bytes where the clock is behind
--       its moment by so much; r and the first answer of a repeat; K of a repeat with another payload; D<moment> where the terms do not
--       know the day: that operation and those after it are not decided
-- include layout.lua terms-numbers.lua

local clock = clockOf(ARGV[1])

if #ARGV == 5 then
  -- include admit-plainly.lua
end

-- include state.lua session.lua log.lua answer.lua terms.lua standing.lua windows.lua judge.lua judgement-answer.lua

local function admit(sessionField, operationId, kept, text)
  local found = call('HMGET', KEY, HEAD, STANDING, sessionField, operationId)
  local replay = replayOf(found[4], kept, clock)
  if replay then
    return replay
  end
  readTerms(text)
  loadHead(found[1])
  loadStanding(found[2])
  local session = sessionOf(found[3])
  local wasDayStart, wasDayTotal, wasEdgeTotal, wasEdgeAt = user.dayStart, user.dayTotal, user.edgeTotal, user.edgeAt
  if not judge(session, clock) then
    return 'D' .. judged.at
  end

  local answer = answerOf(kept)
  local writes = { HEAD, false, operationId, answer }
  local neededUntil = judged.at + KEPT_MS
  if judged.admitted or judged.standingChanged then
    user.latestAt = judged.at
  else
    -- These are facts of the moment that they were found at, and that moment is not kept.
    user.dayStart, user.dayTotal, user.edgeTotal, user.edgeAt = wasDayStart, wasDayTotal, wasEdgeTotal, wasEdgeAt
  end
  if judged.admitted then
    user.lastAdmittedAt = judged.at
    writes[5], writes[6] = sessionField, packSession(session)
    neededUntil = sessionKeptUntil(session, judged.at)
  elseif session and judged.bar and not session.endedAt then
    session.endedAt, session.endedBy = endOf(session, present)
    writes[5], writes[6] = sessionField, packSession(session)
    call('ZREM', SESSIONS, sessionField)
    queue('s', sessionField, judged.at, writes)
  end
  if judged.standingChanged then
    writes[#writes + 1] = STANDING
    writes[#writes + 1] = packStanding()
    neededUntil = max(neededUntil, judged.at + STANDING_KEPT_MS, standing.cooldownUntil + KEPT_MS)
  end
  prune(judged.at)
  if judged.admitted and terms.counts and terms.cost > 0 then
    appendOperation(operationId, terms.cost, judged.at, writes)
  else
    queue('o', operationId, judged.at, writes)
  end
  local mustExpire = keep(neededUntil)
  writes[2] = packHead()
  call('HSET', KEY, unpack(writes))
  if mustExpire then
    expireKeys(clock)
  end
  return replyOf(answer, judged.at, clock)
end

if #ARGV == 5 then
  return admit(ARGV[2], ARGV[3], ARGV[4], ARGV[5])
end
local replies = {}
for i = 2, #ARGV, 4 do
  local reply = admit(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
  replies[#replies + 1] = reply
  if string.sub(reply, 1, 1) == 'D' then
    break
  end
end
return replies
