-- Forgets completed tasks whose retention is over.
--
-- KEYS  the queues' completed sets
-- ARGV  1 how many tasks at most; 2... the queues' prefixes (`asynq:{q}:`), in the order of KEYS
-- Returns { looked_at, damaged, broken }
--   looked_at  how many; as many as the most: there may be more
--   damaged    flat: queue's number (from 1), id, why, ...: it is not completed; only its id was taken away
--   broken     flat: queue's number, Redis' error, ...

local looked_at, damaged, broken = 0, {}, {}
-- How many of the sets are still to be found: the rest is empty.
local filled = redis.call('EXISTS', unpack(KEYS))
if filled == 0 then
  return { looked_at, damaged, broken }
end
local most, now = tonumber(ARGV[1]), redis.call('TIME')[1]

local function add(list, ...)
  for _, value in ipairs({ ... }) do
    list[#list + 1] = value
  end
end

local function forget(number, completed, key, id)
  local state = redis.pcall('HGET', key, 'state')
  redis.call('ZREM', completed, id)
  if type(state) == 'table' then
    add(damaged, number, id, 'its key holds something that is no task')
  elseif state and state ~= 'completed' then
    add(damaged, number, id, 'it lies among the completed and is not')
  else
    redis.call('DEL', key)
  end
end

local function clean(number, completed, prefix)
  local first = redis.pcall('ZRANGE', completed, 0, 0, 'WITHSCORES')
  if first.err then
    add(broken, number, first.err)
  end
  if first.err or first[1] then
    filled = filled - 1
  end
  if first.err or not first[2] or tonumber(first[2]) > tonumber(now) then
    return
  end
  local ids = redis.call('ZRANGEBYSCORE', completed, '-inf', now, 'LIMIT', 0, most - looked_at)
  for _, id in ipairs(ids) do
    forget(number, completed, prefix .. 't:' .. id, id)
  end
  looked_at = looked_at + #ids
end

for number, completed in ipairs(KEYS) do
  if looked_at < most and filled > 0 then
    clean(number, completed, ARGV[number + 1])
  end
end
return { looked_at, damaged, broken }
