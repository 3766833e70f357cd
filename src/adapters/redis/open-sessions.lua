-- Part of scripts that look at the open sessions of a user.

-- Values that one command takes: Lua bounds what it unpacks.
local CHUNK = 1000

local function slice(list, from)
  return unpack(list, from, min(from + CHUNK - 1, #list))
end

-- Those of these places in the order of opening whose end is not written down.
local function unendedSessions(first, last)
  local fields, sessions = call('ZRANGE', SESSIONS, first, last), {}
  for from = 1, #fields, CHUNK do
    for offset, record in ipairs(call('HMGET', KEY, slice(fields, from))) do
      if record then
        sessions[#sessions + 1] = { field = fields[from + offset - 1], session = sessionOf(record) }
      end
    end
  end
  return sessions
end

-- Writes an end down, by way of `writes`.
local function endSession(each, endsAt, by, now, writes)
  each.session.endedAt, each.session.endedBy = endsAt, by
  writes[#writes + 1] = each.field
  writes[#writes + 1] = packSession(each.session)
  call('ZREM', SESSIONS, each.field)
  queue('s', each.field, now, writes)
end

local function writeAll(writes)
  for from = 1, #writes, CHUNK do
    call('HSET', KEY, slice(writes, from))
  end
end
