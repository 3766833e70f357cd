-- Part of scripts that know sessions. A record: openedAt, activeAt, the rules of activeAt (0: absent, else one more), and, once it
-- has ended, by what and when. Ends are by 'l' logout, 'r' replaced, 't' lifetime, 'i' inactivity.

local END_FORM = '>c1I6'

local function sessionOf(record)
  if not record then
    return nil
  end
  local openedAt, activeAt, lifetime, inactivity, openMax, position = unpackOf(SESSION_FORM, record)
  local session = {
    openedAt = openedAt,
    activeAt = activeAt,
    lifetime = lifetime > 0 and lifetime - 1 or nil,
    inactivity = inactivity > 0 and inactivity - 1 or nil,
    openMax = openMax > 0 and openMax - 1 or nil,
  }
  if position <= #record then
    session.endedBy, session.endedAt = unpackOf(END_FORM, record, position)
  end
  return session
end

local function packSession(session)
  local lifetime, inactivity, openMax = session.lifetime, session.inactivity, session.openMax
  local record = pack(SESSION_FORM, session.openedAt, session.activeAt, lifetime and lifetime + 1 or 0,
    inactivity and inactivity + 1 or 0, openMax and openMax + 1 or 0)
  return session.endedAt and record .. pack(END_FORM, session.endedBy, session.endedAt) or record
end

local function endUnder(session, rules)
  local lifetime, inactivity = rules.lifetime, rules.inactivity
  local endsAt, by = lifetime and session.openedAt + lifetime, 't'
  local sleepsAt = inactivity and session.activeAt + inactivity
  if sleepsAt and (not endsAt or sleepsAt < endsAt) then
    return sleepsAt, 'i'
  end
  return endsAt, by
end

-- When a session ends or ended, and by what: under its own rules and, where they are given, those of the present.
local function endOf(session, present)
  if session.endedAt then
    return session.endedAt, session.endedBy
  end
  local endsAt, by = endUnder(session, session)
  if present then
    local presentAt, presentBy = endUnder(session, present)
    if presentAt and (not endsAt or presentAt < endsAt) then
      return presentAt, presentBy
    end
  end
  return endsAt, by
end

-- openedAt,activeAt,lifetime,inactivity,openMax,endedBy,endedAt
local function sessionText(session)
  return session.openedAt .. ',' .. session.activeAt .. ',' .. (session.lifetime or '') .. ',' .. (session.inactivity or '')
    .. ',' .. (session.openMax or '') .. ',' .. (session.endedBy or '') .. ',' .. (session.endedAt or '')
end

-- How long a session keeps its user.
local function sessionKeptUntil(session, now)
  local endsAt = endOf(session)
  return endsAt and max(now, endsAt) + KEPT_MS or now + ENDLESS_KEPT_MS
end
