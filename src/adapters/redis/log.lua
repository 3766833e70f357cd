-- Part of scripts that read or write the log. A counted operation: its moment, its cost, its id, by the total before it. What is
-- not counted stands in a queue of its own: its moment, 'o' and an operation id or 's' and the field of a session.

-- Entries looked for in one command, and how many times: an operation costs 1,000 at most.
local SPAN = 64
local LOOKS_MAX = 64

-- The moment of the n-th operation ever counted.
local function momentOf(n)
  if n == user.edgeTotal + 1 then
    return user.edgeAt
  end
  local entry = call('HGET', KEY, ' ' .. (n - 1))
  -- A cost of more than one: its entry stands under the first of its operations.
  for look = 0, LOOKS_MAX - 1 do
    if entry then
      break
    end
    local fields = {}
    for offset = 1, SPAN do
      fields[offset] = ' ' .. (n - 1 - look * SPAN - offset)
    end
    local found = call('HMGET', KEY, unpack(fields))
    for offset = 1, SPAN do
      entry = entry or found[offset]
    end
  end
  if not entry then
    error('operation ' .. n .. ' of ' .. user.total .. ' is not in the log')
  end
  return (unpackOf(OPERATION_FORM, entry))
end

-- How many operations were counted at moments up to this one.
local function totalThrough(moment)
  if moment >= user.latestAt then
    return user.total
  end
  local low, high = user.kept, user.total
  while low < high do
    local middle = floor((low + high + 1) / 2)
    if momentOf(middle) <= moment then
      low = middle
    else
      high = middle - 1
    end
  end
  return low
end

-- Brings edgeTotal and edgeAt to the week that ends at `now`.
local function advanceEdge(now)
  local cut = now - WEEK_MS
  if user.edgeTotal == user.total or user.edgeAt > cut then
    return
  end
  local cost
  local first = call('HGET', KEY, ' ' .. user.edgeTotal)
  if first then
    user.edgeAt, cost = unpackOf(OPERATION_FORM, first)
    if user.edgeAt > cut then
      return
    end
    local following = user.edgeTotal + cost < user.total and call('HGET', KEY, ' ' .. (user.edgeTotal + cost))
    if following then
      local moment = unpackOf(OPERATION_FORM, following)
      if moment > cut then
        user.edgeTotal, user.edgeAt = user.edgeTotal + cost, moment
        return
      end
    end
  end
  local through = totalThrough(cut)
  user.edgeAt = through < user.total and momentOf(through + 1) or 0
  user.edgeTotal = through
end

local function appendOperation(operationId, cost, now, writes)
  writes[#writes + 1] = ' ' .. user.total
  writes[#writes + 1] = pack(OPERATION_FORM, now, cost) .. operationId
  if user.edgeTotal == user.total then
    user.edgeAt = now
  end
  user.total = user.total + cost
end

local function queue(kind, id, now, writes)
  if user.xKept == user.xNext then
    user.xOldestAt = now
  end
  writes[#writes + 1] = ' x' .. user.xNext
  writes[#writes + 1] = pack(QUEUED_FORM, now, kind) .. id
  user.xNext = user.xNext + 1
end

-- Adds to `gone` the ids among these whose answers are 7 days old: an id may have been used anew since.
local function addOldAnswers(ids, now, gone)
  local answers = #ids > 0 and call('HMGET', KEY, unpack(ids)) or {}
  for i, id in ipairs(ids) do
    if answers[i] and select(2, unpackOf(ANSWER_FORM, answers[i])) + WEEK_MS <= now then
      gone[#gone + 1] = id
    end
  end
end

-- Removes up to 8 counted operations that have left the week, with their answers, and up to 8 of the queue that are 7 days old.
local function prune(now)
  local gone, ids = {}, {}
  if user.edgeTotal - user.kept >= STEP then
    for _ = 1, STEP do
      local entry = user.kept < user.edgeTotal and call('HGET', KEY, ' ' .. user.kept)
      if not entry then
        break
      end
      local _, cost, position = unpackOf(OPERATION_FORM, entry)
      gone[#gone + 1] = ' ' .. user.kept
      ids[#ids + 1] = string.sub(entry, position)
      user.kept = user.kept + cost
    end
  end
  if user.xKept < user.xNext and user.xOldestAt + WEEK_MS <= now then
    for _ = 1, STEP do
      local entry = user.xKept < user.xNext and call('HGET', KEY, ' x' .. user.xKept)
      if not entry then
        break
      end
      local moment, kind, position = unpackOf(QUEUED_FORM, entry)
      user.xOldestAt = moment
      if moment + WEEK_MS > now then
        break
      end
      gone[#gone + 1] = ' x' .. user.xKept
      user.xKept = user.xKept + 1
      if kind == 'o' then
        ids[#ids + 1] = string.sub(entry, position)
      else
        gone[#gone + 1] = string.sub(entry, position)
      end
    end
  end
  addOldAnswers(ids, now, gone)
  if #gone > 0 then
    call('HDEL', KEY, unpack(gone))
  end
end
