-- Part of admit.lua and preflight.lua: the answer that a judgement amounts to.

local function isPlain()
  if not judged.admitted or judged.rung or judged.effect or judged.endsIdle then
    return false
  end
  return not terms.hasQuota
    or (judged.dailyForgiven == 0 and judged.weeklyForgiven == 0 and judged.dailyUsed + terms.cost <= terms.maxDaily
      and judged.weeklyUsed + terms.cost <= terms.maxWeekly)
end

local function digit(flag)
  return flag and '1' or '0'
end

-- <admitted>,<bar>,<expiresAt>,<idleUntil>,<review>,<cooldownUntil>,<suspending>,<windowsBar>,<rung>,<action>,<pacedUntil>,<resetAt>,
-- <retryAt>,<effect kind>,<role>,<at>,<until>,<endsIdle> and, with a quota, of the day and the week each
-- ,<used>,<excess>,<fitsAt>,<forgivenUntil>,<resetsAt>
local function numbersText()
  local kind, role, from, till = '', '', '', ''
  if judged.effect then
    kind, role, from, till = standing.effectKind, standing.effectRole, standing.effectAt, standing.effectUntil
  end
  local text = table.concat({
    digit(judged.admitted), judged.bar or '', judged.expiresAt or '', judged.idleBarUntil or '', digit(judged.review),
    judged.coolingUntil or '', digit(judged.suspending), digit(judged.windowsBar), judged.rung or '', judged.acted or '',
    judged.pacedUntil or '', judged.resetAt or '', judged.retryAt or '', kind, role, from, till, digit(judged.endsIdle),
  }, ',')
  if not terms.hasQuota then
    return text
  end
  return table.concat({
    text, judged.dailyUsed, judged.dailyUsed + terms.cost - terms.maxDaily, dailyFitsAt(terms.cost) or '', judged.dailyForgiven,
    terms.dayEnd, judged.weeklyUsed, judged.weeklyUsed + terms.cost - terms.maxWeekly, weeklyFitsAt(terms.cost) or '',
    judged.weeklyForgiven, judged.weeklyResets,
  }, ',')
end

-- `kept`: the hash and the words.
local function answerOf(kept)
  if not isPlain() then
    readRest()
    return pack(ANSWER_FORM, 'T', judged.at) .. kept .. '|' .. numbersText() .. '|' .. terms.more
  end
  local expiresLeft = judged.expiresAt and judged.expiresAt - judged.at + 1 or 0
  if not terms.hasQuota then
    return pack(PLAIN_FORM, 'P', judged.at, 0, 0, 0, 0, expiresLeft) .. kept
  end
  return pack(PLAIN_FORM, 'P', judged.at, judged.dailyUsed, terms.dayEnd - judged.at, judged.weeklyUsed,
    judged.weeklyResets - judged.at, expiresLeft) .. kept
end

-- The reply to what is decided at a moment: the answer as it is kept, after 'B' and 6 bytes where the clock is behind.
local function replyOf(answer, at, clock)
  return at == clock and answer or 'B' .. pack('>I6', at - clock) .. answer
end
