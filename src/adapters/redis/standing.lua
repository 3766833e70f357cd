-- Part of admit.lua and preflight.lua: the standing of a user that exceeded limits (domain/session/state.ts).
--
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
