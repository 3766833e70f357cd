-- Part of admit.lua and preflight.lua: the rules of domain/session/judge.ts, ladder.ts, effect.ts and windows.ts, in their order.
--
-- The terms of one operation, as terms-text.ts writes them:
--   words|flags,cost,daily,weekly,lifetime,inactivity,openMax,dayStart,dayEnd|dayBefore,dayAfter,idleUntil,forgivenAt,appliedAt|rungs|more
-- daily, weekly: limit and grace. flags: one character each, the first that nothing is special about these terms, the others see
-- readTerms. rungs: overDaily,overWeekly,times,withinMs,action,ms,bars; for each. `more` are words that only a refusal needs.

local terms, present = {}, {}
local YES = 49

local function readTerms(text)
  local flags, lifetime, inactivity, openMax, position
  terms.words, flags, terms.cost, terms.maxDaily, terms.maxWeekly, lifetime, inactivity, openMax, terms.dayFrom, terms.dayEnd, position =
    string.match(text, '^([^|]*)|([^,]*),([^,]*),([^,]*),([^,]*),([^,]*),([^,]*),([^,]*),([^,]*),([^|]*)|()')
  local _, quota, lasting, counted, before, after, lifts, review, suspends, special, roleByte = string.byte(flags, 1, 11)
  terms.hasQuota, terms.lasting, terms.counts = quota == YES, lasting == YES, counted == YES
  terms.barredBefore, terms.barredAfter, terms.liftable = before == YES, after == YES, lifts == YES
  terms.reviewOpen, terms.suspendable, terms.role = review == YES, suspends == YES, string.char(roleByte)
  terms.cost, terms.dayFrom, terms.dayEnd = terms.cost + 0, terms.dayFrom + 0, terms.dayEnd + 0
  terms.maxDaily, terms.maxWeekly = tonumber(terms.maxDaily), tonumber(terms.maxWeekly)
  present.lifetime, present.inactivity, present.openMax = tonumber(lifetime), tonumber(inactivity), tonumber(openMax)
  terms.rest = string.sub(text, position)
  terms.rungs = nil
  if special == YES then
    local idleUntil, forgivenAt, appliedAt = string.match(terms.rest, '^%d+,%d+,(%d+),(%d+),(%d+)|')
    terms.idleUntil, terms.forgivenAt, terms.appliedAt = idleUntil + 0, forgivenAt + 0, appliedAt + 0
  else
    terms.idleUntil, terms.forgivenAt, terms.appliedAt = 0, 0, 0
  end
end

-- What only some operations need: the days around, the rungs, the words of a refusal.
local function readRest()
  if not terms.rungs then
    terms.dayBefore, terms.dayAfter, terms.rungs, terms.more = string.match(terms.rest, '^(%d+),(%d+),[^|]*|([^|]*)|(.*)$')
    terms.dayBefore, terms.dayAfter = terms.dayBefore + 0, terms.dayAfter + 0
  end
end

-- cooldownUntil; the latest effect: its kind ('-' none, 'i' idle, 'r' review, 's' suspend), role, moment and end; exceeded: the moments.
local standing = {}
local STANDING_FORM = '>I6c1c1I6I6'
local EXCEEDED_DAYS_MAX = 92

local function loadStanding(record)
  standing.cooldownUntil, standing.effectKind, standing.effectRole = 0, '-', '-'
  standing.effectAt, standing.effectUntil, standing.exceeded = 0, 0, {}
  if record and record ~= '' then
    local position
    standing.cooldownUntil, standing.effectKind, standing.effectRole, standing.effectAt, standing.effectUntil, position =
      unpackOf(STANDING_FORM, record)
    while position <= #record do
      standing.exceeded[#standing.exceeded + 1], position = unpackOf('>I6', record, position)
    end
  end
end

local function packStanding()
  local parts = {
    pack(STANDING_FORM, standing.cooldownUntil, standing.effectKind, standing.effectRole, standing.effectAt, standing.effectUntil),
  }
  for _, moment in ipairs(standing.exceeded) do
    parts[#parts + 1] = pack('>I6', moment)
  end
  return table.concat(parts)
end

-- The judgement. `bar`: what keeps the session out ('u' unknown, or the end it came to). Moments that do not apply are nil.
local judged = {}

local function fitsAt(used, n, most, opens)
  if used + n <= most then
    return judged.at
  end
  return n <= most and opens(n) or nil
end

local function dayOpens()
  return terms.dayEnd
end

local function weekOpens(n)
  return momentOf(user.total + n - terms.maxWeekly) + WEEK_MS
end

local function dailyFitsAt(n)
  return fitsAt(judged.dailyUsed, n, terms.maxDaily, dayOpens)
end

local function weeklyFitsAt(n)
  return fitsAt(judged.weeklyUsed, n, terms.maxWeekly, weekOpens)
end

-- First moment at which both windows take n operations; nil: never.
local function roomFor(n)
  local daily, weekly = dailyFitsAt(n), weeklyFitsAt(n)
  local function takes(moment)
    return (moment < judged.dailyForgiven or (daily and moment >= daily))
      and (moment < judged.weeklyForgiven or (weekly and moment >= weekly))
  end
  if takes(judged.at) then
    return judged.at
  end
  local first, second = daily or weekly, weekly or daily
  if first and first > second then
    first, second = second, first
  end
  if first and takes(first) then
    return first
  end
  return second and takes(second) and second or nil
end

local function roomForOne()
  return terms.hasQuota and roomFor(1) or not terms.hasQuota and judged.at or nil
end

-- False: the day at hand is not among those of the terms.
local function findDay()
  if judged.at < terms.dayFrom or judged.at >= terms.dayEnd then
    readRest()
    if judged.at >= terms.dayFrom and judged.at < terms.dayAfter then
      terms.dayFrom, terms.dayEnd = terms.dayEnd, terms.dayAfter
    elseif judged.at < terms.dayFrom and judged.at >= terms.dayBefore then
      terms.dayFrom, terms.dayEnd = terms.dayBefore, terms.dayFrom
    else
      return false
    end
  end
  return true
end

local function measure()
  if user.dayStart ~= terms.dayFrom then
    user.dayTotal = user.latestAt < terms.dayFrom and user.total or totalThrough(terms.dayFrom - 1)
    user.dayStart = terms.dayFrom
  end
  advanceEdge(judged.at)
  judged.dailyUsed, judged.weeklyUsed = user.total - user.dayTotal, user.total - user.edgeTotal
  judged.weeklyResets = judged.weeklyUsed == 0 and judged.at or user.edgeAt + WEEK_MS
  judged.dailyForgiven, judged.weeklyForgiven = 0, 0
  if terms.lasting and terms.forgivenAt > 0 then
    judged.dailyForgiven = terms.forgivenAt >= terms.dayFrom and terms.dayEnd or 0
    local through = totalThrough(terms.forgivenAt)
    if terms.maxWeekly > 0 and through - user.edgeTotal >= terms.maxWeekly then
      judged.weeklyForgiven = momentOf(through + 1 - terms.maxWeekly) + WEEK_MS
    end
  end
end

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

local function isPlain()
  if not judged.admitted or judged.rung or judged.effect or judged.endsIdle then
    return false
  end
  return not terms.hasQuota
    or (judged.dailyForgiven == 0 and judged.weeklyForgiven == 0 and judged.dailyUsed + terms.cost <= terms.maxDaily
      and judged.weeklyUsed + terms.cost <= terms.maxWeekly)
end

local function plainNumbers()
  local expiresLeft = judged.expiresAt and judged.expiresAt - judged.at + 1 or 0
  if not terms.hasQuota then
    return 0, 0, 0, 0, expiresLeft
  end
  return judged.dailyUsed, terms.dayEnd - judged.at, judged.weeklyUsed, judged.weeklyResets - judged.at, expiresLeft
end

local function digit(flag)
  return flag and '1' or '0'
end

-- <at>,<skew>,<admitted>,<bar>,<expiresAt>,<idleUntil>,<review>,<cooldownUntil>,<suspending>,<windowsBar>,<rung>,<action>,<pacedUntil>,
-- <resetAt>,<retryAt>,<effect kind>,<role>,<at>,<until>,<endsIdle> and, with a quota, of the day and the week each
-- ,<used>,<excess>,<fitsAt>,<forgivenUntil>,<resetsAt>
local function judgementText(skew)
  local kind, role, from, till = '', '', '', ''
  if judged.effect then
    kind, role, from, till = standing.effectKind, standing.effectRole, standing.effectAt, standing.effectUntil
  end
  local parts = {
    judged.at, skew, digit(judged.admitted), judged.bar or '', judged.expiresAt or '', judged.idleBarUntil or '',
    digit(judged.review), judged.coolingUntil or '', digit(judged.suspending), digit(judged.windowsBar), judged.rung or '',
    judged.acted or '', judged.pacedUntil or '', judged.resetAt or '', judged.retryAt or '', kind, role, from, till,
    digit(judged.endsIdle),
  }
  local text = table.concat(parts, ',')
  if not terms.hasQuota then
    return text
  end
  return table.concat({
    text, judged.dailyUsed, judged.dailyUsed + terms.cost - terms.maxDaily, dailyFitsAt(terms.cost) or '', judged.dailyForgiven,
    terms.dayEnd, judged.weeklyUsed, judged.weeklyUsed + terms.cost - terms.maxWeekly, weeklyFitsAt(terms.cost) or '',
    judged.weeklyForgiven, judged.weeklyResets,
  }, ',')
end
