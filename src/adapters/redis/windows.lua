-- Part of admit.lua and preflight.lua: the rules of domain/session/windows.ts, of the operation of readTerms.

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
