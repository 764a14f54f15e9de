-- Prolongs the lease of a term, for its holder only.
-- KEYS: 1 the lease, 2 its terms (see lease-take.lua)
-- ARGV: 1 the holder, 2 how long a lease lasts (ms), 3 the term's number, 4 since when (ms)
-- Answers {'kept', now}; {'lost', now} when somebody else has or had it since.
-- A lease that is gone although nobody else had a term since (evicted, deleted, its server emptied, or ended early by
-- a clock that was set ahead) is written again: its holder asks only while it holds it by its own clock.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local holder = redis.call('GET', KEYS[1])
local terms = redis.call('HMGET', KEYS[2], 'number', 'holder', 'server', 'settled')
local last, mine = tonumber(terms[1]) or 0, tonumber(ARGV[3])
if holder and holder ~= ARGV[1] then return { 'lost', now } end
if last > mine or (last == mine and terms[2] ~= ARGV[1]) then return { 'lost', now } end

if holder then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end

-- Without the memory for what follows the lease is prolonged all the same.
redis.pcall('HSET', KEYS[2], 'end', string.format('%.0f', now + ARGV[2]))
local server = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
if terms[1] ~= ARGV[3] or terms[3] ~= server or terms[4] ~= '0' then
  redis.pcall('HSET', KEYS[2], 'number', ARGV[3], 'holder', ARGV[1], 'since', ARGV[4], 'ttl', ARGV[2],
    'server', server, 'settled', '0')
end
return { 'kept', now }
