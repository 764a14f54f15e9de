-- Finds tasks whose worker let their lease run out.
--
-- KEYS  per queue: lease, active
-- ARGV  1 how many tasks at most; 2 how long ago a lease must have ended, seconds (clocks of Asynq's workers differ);
--       3 a lease, seconds; 4... the queues' prefixes (`asynq:{q}:`)
-- Returns { tasks, damaged, broken }, each flat:
--   tasks    queue's number (from 1), id, the lease's score, msg, ...: nothing was changed about them
--   damaged  queue's number, id, why, ...: such an id is neither active nor leased any more
--   broken   queue's number, Redis' error, ...: a key is of a wrong type, or no lease can be given for want of memory
-- An active id without a lease gets one, so that it is found when nobody finishes it.

local tasks, damaged, broken = {}, {}, {}
if redis.call('EXISTS', unpack(KEYS)) == 0 then
  return { tasks, damaged, broken }
end
local most, left = tonumber(ARGV[1]), tonumber(ARGV[1])
local now = tonumber(redis.call('TIME')[1])
local LOOK_AT = 1000

local function add(list, ...)
  for _, value in ipairs({ ... }) do
    list[#list + 1] = value
  end
end

-- Answers Redis' error where it cannot: none but these first writes fail at `maxmemory`.
local function adopt(lease, active)
  if redis.call('LLEN', active) <= redis.call('ZCARD', lease) then
    return
  end
  for _, id in ipairs(redis.call('LRANGE', active, -LOOK_AT, -1)) do
    local added = redis.pcall('ZADD', lease, 'NX', now + tonumber(ARGV[3]), id)
    if type(added) == 'table' then
      return added.err
    end
  end
end

local function drop(number, lease, active, id, why)
  redis.call('ZREM', lease, id)
  redis.call('LREM', active, 0, id)
  add(damaged, number, id, why)
end

local function find(number, lease, active, prefix)
  local ids = redis.pcall('ZRANGEBYSCORE', lease, '-inf', now - tonumber(ARGV[2]), 'WITHSCORES', 'LIMIT', 0, left)
  local kind = redis.call('TYPE', active).ok
  if ids.err or (kind ~= 'list' and kind ~= 'none') then
    add(broken, number, ids.err or 'WRONGTYPE the active list is of another type')
    return
  end
  for i = 1, #ids, 2 do
    local key = prefix .. 't:' .. ids[i]
    local message = redis.pcall('HGET', key, 'msg')
    if type(message) == 'table' then
      drop(number, lease, active, ids[i], 'its key holds something that is no task')
    elseif not message and redis.call('EXISTS', key) == 0 then
      drop(number, lease, active, ids[i], 'there is no task of this id')
    else
      add(tasks, number, ids[i], ids[i + 1], message or '')
    end
  end
  left = most - (#tasks / 4) - (#damaged / 3)
  local failure = adopt(lease, active)
  if failure then
    add(broken, number, failure)
  end
end

for number = 1, #KEYS / 2 do
  if left > 0 then
    find(number, KEYS[number * 2 - 1], KEYS[number * 2], ARGV[number + 3])
  end
end
return { tasks, damaged, broken }
