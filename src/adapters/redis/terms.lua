-- Part of admit.lua and preflight.lua: the terms of one operation, as terms-text.ts writes them.
--
-- 11 flags, 8 numbers (terms-numbers.lua), then text:
--   dayBefore,dayAfter,idleUntil,forgivenAt,appliedAt|rungs|more
-- Flags: one character each: whether nothing is special about these terms, for the others see readTerms. Numbers: the cost, the daily
-- and the weekly limit with grace, the rules of a session (0: absent, else one more), the day at hand. rungs:
-- overDaily,overWeekly,times,withinMs,action,ms,bars; for each. `more`: words that only a refusal needs.

local terms, present = {}, {}

local function ruleAt(text, place)
  local number = numberAt(text, place)
  return number > 0 and number - 1 or nil
end

local function readTerms(text)
  local _, quota, lasting, counted, before, after, lifts, review, suspends, special, role = byte(text, 1, 11)
  terms.hasQuota, terms.lasting, terms.counts = quota == YES, lasting == YES, counted == YES
  terms.barredBefore, terms.barredAfter, terms.liftable = before == YES, after == YES, lifts == YES
  terms.reviewOpen, terms.suspendable, terms.role = review == YES, suspends == YES, string.char(role)
  terms.cost = numberAt(text, COST_AT)
  terms.maxDaily, terms.maxWeekly = numberAt(text, DAILY_AT), numberAt(text, WEEKLY_AT)
  present.lifetime, present.inactivity, present.openMax = ruleAt(text, LIFETIME_AT), ruleAt(text, INACTIVITY_AT), ruleAt(text, OPEN_MAX_AT)
  terms.dayFrom, terms.dayEnd = numberAt(text, DAY_FROM_AT), numberAt(text, DAY_END_AT)
  terms.rest, terms.rungs = string.sub(text, REST_AT), nil
  terms.idleUntil, terms.forgivenAt, terms.appliedAt = 0, 0, 0
  if special == YES then
    local idleUntil, forgivenAt, appliedAt = string.match(terms.rest, '^%d+,%d+,(%d+),(%d+),(%d+)|')
    terms.idleUntil, terms.forgivenAt, terms.appliedAt = idleUntil + 0, forgivenAt + 0, appliedAt + 0
  end
end

-- What only some operations need: the days around, the rungs, the words of a refusal.
local function readRest()
  if not terms.rungs then
    terms.dayBefore, terms.dayAfter, terms.rungs, terms.more = string.match(terms.rest, '^(%d+),(%d+),[^|]*|([^|]*)|(.*)$')
    terms.dayBefore, terms.dayAfter = terms.dayBefore + 0, terms.dayAfter + 0
  end
end
