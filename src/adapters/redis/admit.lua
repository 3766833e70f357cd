-- Decides on operations of one user, in order, and counts those that are admitted: each as if it came alone, at one moment.
-- KEYS  the user's hash, its open sessions (layout.lua)
-- ARGV  clock: a moment, or nothing for that of the server; then for each operation: the 22 characters of its session, its
--       operation_id, 12 characters of its payload's hash, its terms (judge.lua)
-- returns an answer each, a text if there is one operation: P or T and the numbers (answer.lua, judge.lua) of a decision; r of a repeat;
--       K of a repeat with another payload; D<moment> where the terms do not know the day: that operation and those after it are not decided

-- include layout.lua

local clock = clockOf(ARGV[1])
local match, format = string.match, string.format

-- The bulk of operations: admitted within both windows, of a user of whom nothing special is known, and nothing is to be tidied. One stretch
-- of code over the facts of the head. Where it cannot tell, it has written nothing, and gives nil and what it has read.
local function admitPlainly(sessionId, operationId, hash, text)
  local words, quota, counted, cost, maxDaily, maxWeekly, lifetime, inactivity, openMax, dayFrom, dayEnd =
    match(text, '^([^|]*)|1(%d)%d(%d)%w*,(%d+),(%d*),(%d*),(%d*),(%d*),(%d*),(%d+),(%d+)|')
  if not words then
    return nil
  end
  local found = call('HMGET', KEY, HEAD, STANDING, ' ' .. sessionId, operationId)
  local head, standing, record = found[1], found[2], found[3]
  if not record or (standing and standing ~= '') or found[4] then
    return nil, found
  end
  local latestAt, total, admittedAge, dayAge, dayUsed, edgeAge, edgeUsed, lag, xNext, waiting, xOldestAt, opened, keptUntil =
    unpackOf(HEAD_FORM, head)
  local at = clock > latestAt and clock or latestAt
  dayFrom, cost = dayFrom + 0, cost + 0
  if at < dayFrom or at >= dayEnd + 0 then
    return nil, found
  end

  local openedAt, activeAt, wasLifetime, wasInactivity, _, position = unpackOf(SESSION_FORM, record)
  if position <= #record or (wasLifetime > 0 and at >= openedAt + wasLifetime - 1)
    or (wasInactivity > 0 and at >= activeAt + wasInactivity - 1) then
    return nil, found
  end
  lifetime, inactivity = tonumber(lifetime), tonumber(inactivity)
  local endsAt = lifetime and openedAt + lifetime
  if (endsAt and at >= endsAt) or (inactivity and at >= activeAt + inactivity) then
    return nil, found
  end
  activeAt = at > activeAt and at or activeAt
  if inactivity and (not endsAt or activeAt + inactivity < endsAt) then
    endsAt = activeAt + inactivity
  end

  local dayStart, edgeAt = latestAt - dayAge, latestAt - edgeAge
  local dailyUsed, dailyLeft, weeklyUsed, weeklyLeft = 0, 0, 0, 0
  if quota == '1' then
    if dayStart ~= dayFrom then
      if latestAt >= dayFrom and total > 0 then
        return nil, found
      end
      dayStart, dayUsed = dayFrom, 0
    end
    local cut = at - WEEK_MS
    if edgeUsed > 0 and edgeAt <= cut then
      for _ = 1, STEP do
        local entry = call('HGET', KEY, ' ' .. (total - edgeUsed))
        if not entry then
          return nil, found
        end
        local moment, gone = unpackOf(OPERATION_FORM, entry)
        edgeAt = moment
        if moment > cut then
          break
        end
        edgeUsed, lag = edgeUsed - gone, lag + gone
        if edgeUsed == 0 then
          break
        end
      end
      if edgeUsed > 0 and edgeAt <= cut then
        return nil, found
      end
    end
    if dayUsed + cost > maxDaily + 0 or edgeUsed + cost > maxWeekly + 0 then
      return nil, found
    end
    dailyUsed, dailyLeft, weeklyUsed, weeklyLeft = dayUsed, dayEnd - at, edgeUsed, edgeUsed == 0 and 0 or edgeAt + WEEK_MS - at
  end

  local keptFor = endsAt and endsAt + KEPT_MS or at + ENDLESS_KEPT_MS
  if lag >= STEP or (waiting > 0 and xOldestAt + WEEK_MS <= at) or keptFor > keptUntil * 1000 then
    return nil, found
  end
  local field, entry
  if counted == '1' and cost > 0 then
    field, entry = ' ' .. total, pack(OPERATION_FORM, at, cost) .. operationId
    if edgeUsed == 0 then
      edgeAt = at
    end
    total, dayUsed, edgeUsed = total + cost, dayUsed + cost, edgeUsed + cost
  else
    field, entry = ' x' .. xNext, pack(QUEUED_FORM, at, 'o') .. operationId
    if waiting == 0 then
      xOldestAt = at
    end
    xNext, waiting = xNext + 1, waiting + 1
  end
  local expiresLeft = endsAt and endsAt - at + 1 or 0
  call('HSET', KEY, HEAD, pack(HEAD_FORM, at, total, 0, min(at - dayStart, AGE_MAX), dayUsed, min(at - edgeAt, AGE_MAX), edgeUsed, lag,
    xNext, waiting, xOldestAt, opened, keptUntil), ' ' .. sessionId, pack(SESSION_FORM, openedAt, activeAt, lifetime and lifetime + 1 or 0,
    inactivity and inactivity + 1 or 0, openMax ~= '' and openMax + 1 or 0), operationId,
    pack(PLAIN_FORM, 'P', hash, at, dailyUsed, dailyLeft, weeklyUsed, weeklyLeft, expiresLeft) .. words, field, entry)
  return format('P%d,%d,%d,%d,%d,%d,%d', at, at - clock, dailyUsed, dailyLeft, weeklyUsed, weeklyLeft, expiresLeft)
end

-- Every other operation. In a function, so that what it needs is made only where it is needed.
local function general()
  -- include state.lua session.lua log.lua answer.lua judge.lua

  local function admit(sessionId, operationId, hash, text, found)
    found = found or call('HMGET', KEY, HEAD, STANDING, ' ' .. sessionId, operationId)
    local replay = replayOf(found[4], hash, clock)
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

    local reply, answer
    if isPlain() then
      local dailyUsed, dailyLeft, weeklyUsed, weeklyLeft, expiresLeft = plainNumbers()
      reply = 'P' .. plainText(judged.at, judged.at - clock, dailyUsed, dailyLeft, weeklyUsed, weeklyLeft, expiresLeft)
      answer = pack(PLAIN_FORM, 'P', hash, judged.at, dailyUsed, dailyLeft, weeklyUsed, weeklyLeft, expiresLeft) .. terms.words
    else
      local numbers = judgementText(judged.at - clock)
      readRest()
      reply = 'T' .. numbers
      answer = pack(ANSWER_FORM, 'T', hash, judged.at) .. numbers .. '|' .. terms.words .. '|' .. terms.more
    end

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
      writes[5], writes[6] = ' ' .. sessionId, packSession(session)
      neededUntil = sessionKeptUntil(session, judged.at)
    elseif session and judged.bar and not session.endedAt then
      session.endedAt, session.endedBy = endOf(session, present)
      writes[5], writes[6] = ' ' .. sessionId, packSession(session)
      call('ZREM', SESSIONS, sessionId)
      queue('s', sessionId, judged.at, writes)
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
    return reply
  end

  return admit
end

local admitAny
local function admit(sessionId, operationId, hash, text)
  local reply, found = admitPlainly(sessionId, operationId, hash, text)
  if reply then
    return reply
  end
  admitAny = admitAny or general()
  return admitAny(sessionId, operationId, hash, text, found)
end

if #ARGV == 5 then
  return admit(ARGV[2], ARGV[3], ARGV[4], ARGV[5])
end
local answers = {}
for i = 2, #ARGV, 4 do
  local answer = admit(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
  answers[#answers + 1] = answer
  if string.sub(answer, 1, 1) == 'D' then
    break
  end
end
return answers
