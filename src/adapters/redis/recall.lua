-- The answer that an operation_id has had. Writes nothing.
-- KEYS  the user's hash, its open sessions (layout.lua)
-- ARGV  clock: a moment, or nothing for that of the server; the operation_id; 12 characters of its payload's hash
-- returns r and the first answer (answer.lua); K for another payload; nil where there is none
-- include layout.lua answer.lua

return replayOf(call('HGET', KEY, ARGV[2]), ARGV[3], clockOf(ARGV[1]))
