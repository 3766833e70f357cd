-- Part of admit.lua: the bulk of operations, in one stretch of code over the facts of the head: one that comes alone, is admitted within
-- both windows, of a user of whom nothing special is known, with nothing to be tidied. It stands before all that the rules take, and in no
-- function, because Lua makes functions and what they refer to anew at each call. Where it cannot tell, it leaves and has written nothing.

local sessionField, operationId, kept, terms = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
repeat
  local found = call('HMGET', KEY, HEAD, STANDING, sessionField, operationId)
  local head, standing, record = found[1], found[2], found[3]
  local isPlain, hasQuota, _, counts = byte(terms, 1, 4)
  if isPlain ~= YES or not record or (standing and standing ~= '') or found[4] then
    break
  end
  local latestAt, total, _, dayAge, dayUsed, edgeAge, edgeUsed, lag, xNext, waiting, xOldestAt, opened, keptUntil =
    unpackOf(HEAD_FORM, head)
  local cost, dayFrom, dayEnd = numberAt(terms, COST_AT), numberAt(terms, DAY_FROM_AT), numberAt(terms, DAY_END_AT)
  if clock < latestAt or clock < dayFrom or clock >= dayEnd then
    break
  end

  -- The session: by its own rules, and by those of the present, which it keeps. Of a rule 0: absent, else one more.
  local openedAt, activeAt, wasLifetime, wasInactivity, _, position = unpackOf(SESSION_FORM, record)
  local lifetime, inactivity = numberAt(terms, LIFETIME_AT), numberAt(terms, INACTIVITY_AT)
  if position <= #record or (wasLifetime > 0 and clock >= openedAt + wasLifetime - 1)
    or (wasInactivity > 0 and clock >= activeAt + wasInactivity - 1) or (lifetime > 0 and clock >= openedAt + lifetime - 1)
    or (inactivity > 0 and clock >= activeAt + inactivity - 1) then
    break
  end
  local endsAt = lifetime > 0 and openedAt + lifetime - 1
  if inactivity > 0 and (not endsAt or clock + inactivity - 1 < endsAt) then
    endsAt = clock + inactivity - 1
  end

  -- The windows.
  local dayStart, edgeAt = latestAt - dayAge, latestAt - edgeAge
  local dailyUsed, dailyLeft, weeklyUsed, weeklyLeft = 0, 0, 0, 0
  if hasQuota == YES then
    if dayStart ~= dayFrom then
      if latestAt >= dayFrom and total > 0 then
        break
      end
      dayStart, dayUsed = dayFrom, 0
    end
    local cut = clock - WEEK_MS
    for _ = 1, STEP do
      if edgeUsed == 0 or edgeAt > cut then
        break
      end
      local first = call('HGET', KEY, ' ' .. (total - edgeUsed))
      local moment, gone = 0, 0
      if first then
        moment, gone = unpackOf(OPERATION_FORM, first)
      end
      edgeAt = moment
      if moment <= cut then
        edgeUsed, lag = edgeUsed - gone, lag + gone
      end
    end
    if (edgeUsed > 0 and edgeAt <= cut) or dayUsed + cost > numberAt(terms, DAILY_AT)
      or edgeUsed + cost > numberAt(terms, WEEKLY_AT) then
      break
    end
    dailyUsed, dailyLeft, weeklyUsed, weeklyLeft = dayUsed, dayEnd - clock, edgeUsed, edgeUsed == 0 and 0 or edgeAt + WEEK_MS - clock
  end

  local neededUntil = endsAt and endsAt + KEPT_MS or clock + ENDLESS_KEPT_MS
  if lag >= STEP or (waiting > 0 and xOldestAt + WEEK_MS <= clock) or neededUntil > keptUntil * 1000 then
    break
  end
  local field, entry
  if counts == YES and cost > 0 then
    field, entry = ' ' .. total, pack(OPERATION_FORM, clock, cost) .. operationId
    edgeAt = edgeUsed == 0 and clock or edgeAt
    total, dayUsed, edgeUsed = total + cost, dayUsed + cost, edgeUsed + cost
  else
    field, entry = ' x' .. xNext, pack(QUEUED_FORM, clock, 'o') .. operationId
    xOldestAt = waiting == 0 and clock or xOldestAt
    xNext, waiting = xNext + 1, waiting + 1
  end
  head = pack(HEAD_FORM, clock, total, 0, min(clock - dayStart, AGE_MAX), dayUsed, min(clock - edgeAt, AGE_MAX), edgeUsed, lag, xNext, waiting,
    xOldestAt, opened, keptUntil)
  record = pack(SESSION_FORM, openedAt, clock, lifetime, inactivity, numberAt(terms, OPEN_MAX_AT))
  local answer = pack(PLAIN_FORM, 'P', clock, dailyUsed, dailyLeft, weeklyUsed, weeklyLeft, endsAt and endsAt - clock + 1 or 0) .. kept
  call('HSET', KEY, HEAD, head, sessionField, record, operationId, answer, field, entry)
  return answer
until true
