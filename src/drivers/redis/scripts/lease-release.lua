-- Frees the lease, when it is this holder's, and tells who waits for it.
-- KEYS: 1 the lease, 2 its terms (see lease-take.lua)
-- ARGV: 1 the holder, 2 the channel on which waiting candidates listen
-- Answers 1 when it was freed, 0 when it was not this holder's.
local holder = redis.call('GET', KEYS[1])
local last = redis.call('HGET', KEYS[2], 'holder')
if last == ARGV[1] then
  -- A command of this term that comes late brings nothing back. Without the memory for that its lease ends by itself.
  redis.pcall('HSET', KEYS[2], 'holder', '')
end
if holder and holder ~= ARGV[1] then return 0 end
if not holder and last ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[2], ARGV[1])
return 1
