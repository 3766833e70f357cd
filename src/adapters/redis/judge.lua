-- Part of admit.lua and preflight.lua: the rules of domain/session/judge.ts, ladder.ts and effect.ts, in their order.

-- The place of the highest rung that is met (0: none), its action and its time.
local function rungMet(daily, weekly)
  readRest()
  local met, metAction, metMs, metBars, place = 0, nil, nil, false, 0
  for overDaily, overWeekly, times, within, action, ms, bars in
    string.gmatch(terms.rungs, '(%d+),(%d+),(%d+),(%d+),(%a),(%d*),(%d);')
  do
    place = place + 1
    if daily >= overDaily + 0 or weekly >= overWeekly + 0 then
      local days = 1
      if times ~= '1' then
        for _, moment in ipairs(standing.exceeded) do
          if moment < terms.dayFrom and moment > judged.at - within then
            days = days + 1
          end
        end
      end
      if days >= times + 0 then
        met, metAction, metMs, metBars = place, action, tonumber(ms), bars == '1'
      end
    end
  end
  return met, metAction, metMs, metBars
end

local function latest(one, other)
  return one and other and max(one, other) or one or other
end

local function earliest(one, other)
  return one and other and min(one, other) or one or other
end

-- Whether an action that acts refuses the operation; `pacedFrom`: from when a rate limit lets one in.
local function refusesBy(action, bars, pacedFrom)
  if action == 'w' then
    return false
  elseif action == 'l' then
    return pacedFrom ~= nil and judged.at < pacedFrom
  elseif action == 'b' then
    return bars
  end
  return true
end

local function noteExceeded()
  local last = standing.exceeded[#standing.exceeded]
  if last and last >= terms.dayFrom then
    return
  end
  standing.exceeded[#standing.exceeded + 1] = judged.at
  if #standing.exceeded > EXCEEDED_DAYS_MAX then
    table.remove(standing.exceeded, 1)
  end
  judged.standingChanged = true
end

-- What an action that refuses an operation changes in the user document: sets the effect.
local function arise(action)
  if action == 'i' then
    local reset = not terms.lasting and roomFor(terms.cost) or roomForOne()
    if not reset or reset <= judged.at then
      return
    end
    standing.effectKind, standing.effectUntil = 'i', reset
  elseif action == 'r' then
    standing.effectKind, standing.effectUntil = 'r', 0
  elseif action == 's' and terms.suspendable then
    standing.effectKind, standing.effectUntil = 's', 0
  else
    return
  end
  standing.effectAt, standing.effectRole = max(judged.at, terms.appliedAt + 1), terms.role
  judged.effect, judged.standingChanged = true, true
end

-- Decides on the operation of readTerms at a clock; loadHead and loadStanding came before. False: the day is not known.
local function judge(session, clock)
  judged.at = max(clock, user.latestAt)
  if not findDay() then
    return false
  end
  local endsAt, by
  if session then
    endsAt, by = endOf(session, present)
    judged.bar = endsAt and endsAt <= judged.at and by or nil
  else
    judged.bar = 'u'
  end
  local dailyOver, weeklyOver = 0, 0
  if terms.hasQuota then
    measure()
    local daily, weekly = judged.dailyUsed + terms.cost - terms.maxDaily, judged.weeklyUsed + terms.cost - terms.maxWeekly
    dailyOver = daily > 0 and judged.at >= judged.dailyForgiven and daily or 0
    weeklyOver = weekly > 0 and judged.at >= judged.weeklyForgiven and weekly or 0
  end

  local owed = standing.effectKind ~= '-' and standing.effectAt > terms.appliedAt and standing.effectRole == terms.role
    and not (standing.effectKind == 'i' and standing.effectUntil <= judged.at)
  local untilIdle = max(terms.idleUntil, owed and standing.effectKind == 'i' and standing.effectUntil or 0)
  local idle = untilIdle > judged.at and not (terms.liftable and roomForOne() == judged.at)
  if standing.effectKind == 'i' and not idle then
    owed = false
  end
  judged.idleBarUntil = idle and untilIdle or nil
  judged.review = terms.lasting and (terms.reviewOpen or (owed and standing.effectKind == 'r'))
  judged.coolingUntil = terms.lasting and standing.cooldownUntil > judged.at and standing.cooldownUntil or nil
  judged.suspending = owed and standing.effectKind == 's'
  local held = idle or judged.review or judged.coolingUntil ~= nil or judged.suspending
  local barred = held or judged.bar ~= nil or terms.barredBefore

  local isExceeded = dailyOver > 0 or weeklyOver > 0
  local action, ms, bars, pacedFrom
  judged.rung, judged.acted, judged.pacedUntil, judged.effect, judged.standingChanged = nil, nil, nil, owed, false
  if isExceeded then
    judged.rung, action, ms, bars = rungMet(dailyOver, weeklyOver)
    pacedFrom = action == 'l' and user.lastAdmittedAt + ms or nil
  end
  local refuses = action ~= nil and refusesBy(action, bars, pacedFrom)
  judged.admitted = not barred and not refuses and not terms.barredAfter

  local acts = isExceeded and not barred
  if acts and refuses then
    if not owed then
      arise(action)
    end
    judged.review = judged.review or action == 'r'
    if action == 'c' then
      judged.coolingUntil, standing.cooldownUntil, judged.standingChanged = judged.at + ms, judged.at + ms, true
    end
  end
  judged.windowsBar = isExceeded and (refuses or held)
  local roomAt = judged.windowsBar and roomFor(terms.cost) or nil
  judged.resetAt, judged.retryAt = nil, nil
  if not judged.review then
    if not judged.windowsBar or roomAt then
      judged.resetAt = latest(judged.idleBarUntil, roomAt)
    end
    local passesAt = refuses and earliest(pacedFrom, roomAt) or nil
    if not refuses or passesAt then
      judged.retryAt = latest(latest(judged.idleBarUntil, judged.coolingUntil), passesAt)
    end
  end
  if acts then
    judged.acted = action or 'w'
    if terms.lasting then
      noteExceeded()
    end
    judged.pacedUntil = action == 'l' and (refuses and pacedFrom or judged.at + ms) or nil
  else
    judged.rung = nil
  end
  judged.endsIdle = not barred and terms.idleUntil > judged.at
  judged.expiresAt = nil
  if session and not judged.bar then
    if judged.admitted then
      session.activeAt = max(judged.at, session.activeAt)
      session.lifetime, session.inactivity, session.openMax = present.lifetime, present.inactivity, present.openMax
    end
    judged.expiresAt = endOf(session, present)
  end
  return true
end
