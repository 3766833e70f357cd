-- Part of every script: what the store keeps of one user, and the clock.
--
-- KEYS[1], a hash:
--   ' '               the head, see state.lua
--   ' e'              standing that few users have, see standing.lua; empty or absent: none
--   ' ' .. session    one session, by the 22 characters of its id that are its own (session.lua): the field of that session
--   operation_id      one answer (answer.lua)
--   ' ' .. number     one counted operation, by the number of operations counted before it (log.lua)
--   ' x' .. number    an answer that is not counted, or an ended session, in the order in which they are forgotten (log.lua)
-- KEYS[2], a sorted set: the fields of the sessions whose end is not written down, in their order of opening.
-- Operation ids have no blanks, so no two kinds of field meet.

local call = redis.call
local pack, unpackOf = struct.pack, struct.unpack
local max, min, floor = math.max, math.min, math.floor
local KEY, SESSIONS = KEYS[1], KEYS[2]
local HEAD, STANDING = ' ', ' e'

local DAY_MS = 86400000
local WEEK_MS = 604800000
-- How long a user is kept after the last thing that a rule may ask for has passed.
local KEPT_MS = WEEK_MS + DAY_MS
-- A session without an end keeps its user so long.
local ENDLESS_KEPT_MS = 400 * DAY_MS
-- Rungs look back over 90 days at most.
local STANDING_KEPT_MS = 92 * DAY_MS

-- Binary forms, for struct: of the head, a session that has not ended, a counted operation, what else is queued, and what an answer begins
-- with: any, and one that is plainly admitted.
local HEAD_FORM = '>I6I6I5I4I4I4I4I5I4I4I6I4I4'
local SESSION_FORM = '>I6I6I6I6I4'
local OPERATION_FORM = '>I6I4'
local QUEUED_FORM = '>I6c1'
local ANSWER_FORM = '>c1I6'
local PLAIN_FORM = '>c1I6I4I4I4I4I6'
-- Ages that have no room are cut; what they date is looked up anew then.
local AGE_MAX = 4294967295
local ADMITTED_AGE_MAX = 1099511627775
-- Entries that one admission removes at most, of either kind.
local STEP = 8

-- The moment that a text of digits names; of the server's clock where it is empty.
local function clockOf(given)
  if given ~= '' then
    return tonumber(given)
  end
  local time = call('TIME')
  return time[1] * 1000 + floor(time[2] / 1000)
end
