-- Part of scripts that know more than one field of a user: its head.
--
-- latestAt: the latest moment of the user; total: operations ever counted; lastAdmittedAt;
-- dayStart, dayTotal: the total as it was when that day began; edgeTotal: how many of the total have left the week, edgeAt: the moment
-- of the first that has not; kept: how many of the total are out of the log; xNext, xKept, xOldestAt: the queue of what is not
-- counted; opened: sessions ever; keptUntil: when the keys expire.
local user = {}
local HEAD_BYTES = struct.size(HEAD_FORM)

local function loadHead(head)
  if not head then
    head = string.rep('\0', HEAD_BYTES)
  end
  local admittedAge, dayAge, dayUsed, edgeAge, edgeUsed, lag, waiting
  user.latestAt, user.total, admittedAge, dayAge, dayUsed, edgeAge, edgeUsed, lag, user.xNext, waiting, user.xOldestAt, user.opened,
    user.keptUntil = unpackOf(HEAD_FORM, head)
  user.lastAdmittedAt = user.latestAt - admittedAge
  user.dayStart = user.latestAt - dayAge
  user.dayTotal = user.total - dayUsed
  user.edgeAt = user.latestAt - edgeAge
  user.edgeTotal = user.total - edgeUsed
  user.kept = user.edgeTotal - lag
  user.xKept = user.xNext - waiting
  user.keptUntil = user.keptUntil * 1000
end

local function packHead()
  return pack(HEAD_FORM, user.latestAt, user.total, min(user.latestAt - user.lastAdmittedAt, ADMITTED_AGE_MAX),
    min(user.latestAt - user.dayStart, AGE_MAX), user.total - user.dayTotal, min(user.latestAt - user.edgeAt, AGE_MAX),
    user.total - user.edgeTotal, user.edgeTotal - user.kept, user.xNext, user.xNext - user.xKept, user.xOldestAt, user.opened,
    user.keptUntil / 1000)
end

-- Keeps the keys until a moment at least. They get a day more, so that they are touched once a day at most.
local function keep(untilAt)
  if untilAt <= user.keptUntil then
    return
  end
  user.keptUntil = floor((untilAt + DAY_MS) / 1000) * 1000
  return true
end

local function expireKeys(clock)
  call('PEXPIRE', KEY, user.keptUntil - clock)
  call('PEXPIRE', SESSIONS, user.keptUntil - clock)
end
