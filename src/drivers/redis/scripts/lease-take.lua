-- Takes the lease when nobody has it and this server can know that nobody has.
-- KEYS: 1 the lease (string: its holder; it ends by itself), 2 its terms (hash: see below; never ends)
-- ARGV: 1 the candidate, 2 how long a lease lasts (ms), 3 the latest time that this server's clock can show (ms since
--       the epoch, 0: not known), 4 '1': its clock was set ahead, so that leases may have ended before their time,
--       5 for how long the candidate has watched this clock, by its own (ms)
-- Answers {'taken', term, since, now}, or
--   {'held', ms, now}       somebody has it for so long (-1: for ever, it was written without an end)
--   {'unsettled', ms, now}  the server was started, promoted or emptied, or its clock was set ahead, perhaps before the
--                           candidate began to watch it: who led before may believe in it for so long
--   {'ahead', 0, now}       its clock shows more than it can, unless this command came late
-- The hash: number, holder ('' when released), since (ms), ttl (ms) and end (ms, unless prolonged) of the last term;
-- server, the run_id of the server that knows all this; settled, from when on (ms) it gives the lease away.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ttl, latest = tonumber(ARGV[2]), tonumber(ARGV[3])
local server = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local holder = redis.call('GET', KEYS[1])
local terms = redis.call('HMGET', KEYS[2], 'number', 'holder', 'ttl', 'server', 'settled', 'end')
local longest = math.max(ttl, tonumber(terms[3]) or 0)

local settled = tonumber(terms[5]) or 0
-- A clock that was set back would keep everybody waiting.
if terms[4] ~= server or ARGV[4] == '1' or settled > now + longest then
  settled = now + longest
  redis.call('HSET', KEYS[2], 'server', server, 'settled', string.format('%.0f', settled))
end

if holder and holder ~= ARGV[1] then
  local left = redis.call('PTTL', KEYS[1])
  if left > longest and holder == terms[2] then
    redis.call('PEXPIRE', KEYS[1], longest)
    left = longest
  end
  return { 'held', left, now }
end
-- Deleted or evicted: its holder believes in it, and writes it again.
local left = (tonumber(terms[6]) or 0) - now
if not holder and left > 0 and terms[2] and terms[2] ~= '' and terms[2] ~= ARGV[1] then
  if left > longest then
    left = longest
    redis.call('HSET', KEYS[2], 'end', string.format('%.0f', now + left))
  end
  return { 'held', left, now }
end
-- Ended by a clock that was set ahead before this candidate could see it? After one lease's time that is all the same.
if terms[2] and terms[2] ~= '' and terms[2] ~= ARGV[1] and tonumber(ARGV[5]) < longest then
  return { 'unsettled', longest - ARGV[5], now }
end
if settled > now then return { 'unsettled', settled - now, now } end
if latest > 0 and now > latest then return { 'ahead', 0, now } end

local number = string.format('%.0f', math.max((tonumber(terms[1]) or 0) + 1, now))
redis.call('SET', KEYS[1], ARGV[1], 'PX', ttl)
redis.call('HSET', KEYS[2], 'number', number, 'holder', ARGV[1], 'since', string.format('%.0f', now), 'ttl', ttl,
  'end', string.format('%.0f', now + ttl), 'settled', '0')
return { 'taken', tonumber(number), now, now }
