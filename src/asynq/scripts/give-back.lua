-- Puts back what a dequeue took whose answer never came: all that is leased with its token.
--
-- KEYS  per queue: lease, active, pending
-- ARGV  1 the token; 2 the channel that wakes workers; then per queue: its name, its prefix (`asynq:{q}:`)
-- Returns how many were put back, to the heads of their queues. A queue with a key of another type is left to recovery.

local token, count = tonumber(ARGV[1]), 0

local function is(kind, key)
  local found = redis.call('TYPE', key).ok
  return found == kind or found == 'none'
end

local function give_back(lease, active, pending, prefix)
  local ids = redis.call('ZRANGE', lease, 0, -1, 'WITHSCORES')
  for i = 1, #ids, 2 do
    if (tonumber(ids[i + 1]) % 1) * 2097152 == token then
      redis.call('ZREM', lease, ids[i])
      if redis.call('LREM', active, 0, ids[i]) > 0 then
        redis.call('RPUSH', pending, ids[i])
        redis.pcall('HSET', prefix .. 't:' .. ids[i], 'state', 'pending')
        count = count + 1
      end
    end
  end
end

for number = 1, #KEYS / 3 do
  local lease, active, pending = KEYS[number * 3 - 2], KEYS[number * 3 - 1], KEYS[number * 3]
  local before = count
  if is('zset', lease) and is('list', active) and is('list', pending) then
    give_back(lease, active, pending, ARGV[number * 2 + 2])
  end
  if count > before then
    redis.pcall('PUBLISH', ARGV[2], ARGV[number * 2 + 1])
  end
end
return count
