-- Part of scripts that read terms: where their flags and numbers stand (terms.lua).

local byte = string.byte
local YES = 49
local COST_AT, DAILY_AT, WEEKLY_AT, LIFETIME_AT, INACTIVITY_AT, OPEN_MAX_AT, DAY_FROM_AT, DAY_END_AT = 12, 19, 26, 33, 40, 47, 54, 61
local REST_AT = 68

-- A number is 7 characters of 7 bits each: text in any encoding, and read sooner than digits.
local function numberAt(text, place)
  local a, b, c, d, e, f, g = byte(text, place, place + 6)
  return (((((a * 128 + b) * 128 + c) * 128 + d) * 128 + e) * 128 + f) * 128 + g
end
