--[[
Idempotency keys. One script, so that two steps on a key can never change places on the way to the server.

KEYS  1 pending    ZSET  keys in progress; the score is the owner's number
      2 over       ZSET  settled and unknown ones; the score rises, so that the oldest are first
      3 expiry     ZSET  the same ones; the score is when they may be forgotten
      4 processes  ZSET  owners; the score is until when they count as living without another sign of life
      5 sequence   a number: the last score of `over`
ARGV  1 what to do  2 the owner's number  3 how long a sign of life holds, ms
      4 the most keys  5 what the names of the keys' hashes begin with
and then, by what to do:
      claim    key token fingerprint ttl -> {'claimed'} | {'full'} | {'in-progress'} | {'mismatch'} | {'unknown'}
                                            | {'settled', send}
      settle   key token fingerprint ttl send -> 1; the first settlement stays: 0
      abandon  key token fingerprint ttl -> 1; a settlement stays: 0
      release  key token -> 1; 0 when the key is not that claim's
      sweep    limit -> how many were dropped or found to be without a living owner; `limit` or more: there may be more
      leave    -> 1: the owner is not alive any more

A key's hash: s state (p in progress, s settled, u unknown), f fingerprint, o owner, t the token of the owner's claim,
e when it may be forgotten, a the answer. Times are milliseconds of this server's clock, a ttl is from now.
]]
local PENDING, OVER, EXPIRY, PROCESSES, SEQUENCE = unpack(KEYS)
local OWNER, ALIVE, MOST, PREFIX = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
-- However much there is to drop, one claim drops no more.
local STEP = 100

local time = redis.call('TIME')
local NOW = time[1] * 1000 + math.floor(time[2] / 1000)

-- Fields of a key's hash; of what is not a hash, because another hand was there, none.
local function fields(key, ...)
  local found = redis.pcall('HMGET', PREFIX .. key, ...)
  if found.err then return end
  return unpack(found)
end

local function number(text)
  return text and tonumber(text) or 0
end

local function isAlive(owner)
  local untilMs = redis.call('ZSCORE', PROCESSES, owner)
  return number(untilMs) > NOW
end

local function drop(key)
  redis.call('DEL', PREFIX .. key)
  redis.call('ZREM', PENDING, key)
  redis.call('ZREM', OVER, key)
  redis.call('ZREM', EXPIRY, key)
end

-- Where the answer is known, or never will be.
local function put(key, state, fingerprint, expires, answer)
  drop(key)
  local name = PREFIX .. key
  redis.call('HSET', name, 's', state, 'f', fingerprint, 'e', expires, 'a', answer)
  redis.call('PEXPIREAT', name, expires)
  redis.call('ZADD', OVER, redis.call('INCR', SEQUENCE), key)
  redis.call('ZADD', EXPIRY, expires, key)
end

local function dropExpired(limit)
  local keys = redis.call('ZRANGEBYSCORE', EXPIRY, '-inf', NOW, 'LIMIT', 0, limit)
  for _, key in ipairs(keys) do drop(key) end
  return #keys
end

-- Keys in progress whose owner is dead become unknown; the owner and its token stay, should it not be dead after all.
local function bury(limit)
  local found = 0
  local dead = redis.call('ZRANGEBYSCORE', PROCESSES, '-inf', NOW, 'LIMIT', 0, limit)
  for _, owner in ipairs(dead) do
    local room = limit - found
    local keys = redis.call('ZRANGEBYSCORE', PENDING, owner, owner, 'LIMIT', 0, room)
    for _, key in ipairs(keys) do
      local f, e, t = fields(key, 'f', 'e', 't')
      if number(e) > NOW then
        put(key, 'u', f, tonumber(e), '')
        redis.call('HSET', PREFIX .. key, 'o', owner, 't', t)
      else
        drop(key)
      end
    end
    found = found + #keys
    if #keys < room then redis.call('ZREM', PROCESSES, owner) end
    if found >= limit then break end
  end
  return found
end

local function size()
  return redis.call('ZCARD', PENDING) + redis.call('ZCARD', OVER)
end

local function dropOldest(limit, most)
  local above = math.min(limit, size() - most)
  if above <= 0 then return 0 end
  local keys = redis.call('ZRANGE', OVER, 0, above - 1)
  for _, key in ipairs(keys) do drop(key) end
  return #keys
end

-- Whether one more key fits, the oldest of those that are not in progress gone for it.
local function makeRoom()
  if size() < MOST then return true end
  dropExpired(STEP)
  bury(STEP)
  return dropOldest(STEP, MOST - 1) > 0 or size() < MOST
end

local function signOfLife()
  redis.call('ZADD', PROCESSES, NOW + ALIVE, OWNER)
end

-- What stands in the way of a claim; nil when nothing does. What bears the owner's own name does not: it asks again for
-- what it holds, or that is left from a claim whose answer never reached it, and nothing was done under it.
local function obstacle(key, fingerprint)
  local s, f, o, e, a = fields(key, 's', 'f', 'o', 'e', 'a')
  if not s or o == OWNER then return nil end
  local isInProgress = s == 'p' and isAlive(o)
  if not isInProgress and number(e) <= NOW then return nil end
  if f ~= fingerprint then return { 'mismatch' } end
  if isInProgress then return { 'in-progress' } end
  if s == 's' then return { 'settled', a } end
  return { 'unknown' }
end

local function claim(key, token, fingerprint, ttl)
  local found = obstacle(key, fingerprint)
  if found then return found end
  signOfLife()
  local isCounted = redis.call('ZSCORE', PENDING, key)
  drop(key)
  if not isCounted and not makeRoom() then return { 'full' } end
  redis.call('HSET', PREFIX .. key, 's', 'p', 'f', fingerprint, 'o', OWNER, 't', token, 'e', NOW + ttl)
  redis.call('ZADD', PENDING, OWNER, key)
  return { 'claimed' }
end

local function isSettled(key)
  local s, e = fields(key, 's', 'e')
  return s == 's' and number(e) > NOW
end

local function conclude(key, state, fingerprint, ttl, answer)
  if isSettled(key) then return 0 end
  put(key, state, fingerprint, NOW + ttl, answer)
  return 1
end

local function release(key, token)
  local o, t = fields(key, 'o', 't')
  if o ~= OWNER or t ~= token then return 0 end
  drop(key)
  return 1
end

local function sweep(limit)
  -- At maxmemory the server refuses what needs memory, but nothing after a script's first write: this one needs none.
  redis.call('ZREM', PROCESSES, '')
  signOfLife()
  local expired = dropExpired(limit)
  return math.max(expired, bury(limit), dropOldest(limit, MOST))
end

-- A score of 0 is dead: the next sweep of another process buries what is left.
local function leave()
  redis.call('ZREM', PROCESSES, OWNER)
  if redis.call('ZCOUNT', PENDING, OWNER, OWNER) > 0 then redis.call('ZADD', PROCESSES, 0, OWNER) end
  return 1
end

local what = ARGV[1]
if what == 'claim' then return claim(ARGV[6], ARGV[7], ARGV[8], tonumber(ARGV[9])) end
if what == 'settle' then return conclude(ARGV[6], 's', ARGV[8], tonumber(ARGV[9]), ARGV[10]) end
if what == 'abandon' then return conclude(ARGV[6], 'u', ARGV[8], tonumber(ARGV[9]), '') end
if what == 'release' then return release(ARGV[6], ARGV[7]) end
if what == 'sweep' then return sweep(tonumber(ARGV[6])) end
if what == 'leave' then return leave() end
return redis.error_reply('ERR no such step: ' .. tostring(what))
