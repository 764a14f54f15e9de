-- Makes due tasks pending.
--
-- KEYS  per queue: scheduled, retry
-- ARGV  1 how many tasks at most; 2 the channel that wakes workers; then per queue: its name, its prefix (`asynq:{q}:`)
-- Returns { moved, wait, damaged, broken }
--   moved    how many; as many as the most: there may be more
--   wait     milliseconds until the next one is due; -1 when none lies there
--   damaged  flat: queue's number (from 1), id, why, ...: such an id is in no set any more
--   broken   flat: queue's number, Redis' error, ...: a key is of a wrong type; nothing was moved there
--
-- A task of a group goes back to its group, as in Asynq. ZREM comes before LPUSH: it is allowed at `maxmemory`.

local damaged, broken, moved, wait = {}, {}, 0, -1
-- How many of the sets are still to be found: the rest is empty.
local filled = redis.call('EXISTS', unpack(KEYS))
if filled == 0 then
  return { moved, wait, damaged, broken }
end
local most, channel = tonumber(ARGV[1]), ARGV[2]
local time = redis.call('TIME')
local nanoseconds = time[1] .. string.format('%06d', time[2]) .. '000'

local function add(list, ...)
  for _, value in ipairs({ ... }) do
    list[#list + 1] = value
  end
end

-- What is wrong with the task, if something is; its group.
local function look(key)
  local fields = redis.pcall('HMGET', key, 'msg', 'group')
  if fields.err then
    return 'its key holds something that is no task'
  end
  if not fields[1] and redis.call('EXISTS', key) == 0 then
    return 'there is no task of this id'
  end
  return nil, fields[2]
end

local function hand_on(prefix, set, id, score)
  local key = prefix .. 't:' .. id
  local why, group = look(key)
  redis.call('ZREM', set, id)
  if why then
    return why
  end
  local answer
  if group and group ~= '' then
    answer = redis.pcall('ZADD', prefix .. 'g:' .. group, time[1], id)
  else
    answer = redis.pcall('LPUSH', prefix .. 'pending', id)
  end
  if type(answer) == 'table' then
    redis.call('ZADD', set, score, id)
    return nil, answer.err
  end
  if group and group ~= '' then
    redis.call('HSET', key, 'state', 'aggregating')
  else
    redis.call('HSET', key, 'state', 'pending', 'pending_since', nanoseconds)
  end
  moved = moved + 1
end

local function rest(score)
  local left = (tonumber(score) - tonumber(time[1])) * 1000 - math.floor(tonumber(time[2]) / 1000)
  left = math.max(left, 0)
  if wait < 0 or left < wait then
    wait = left
  end
end

-- Moves what is due; answers Redis' error where it cannot.
local function hand_all_on(number, prefix, set)
  local due = redis.call('ZRANGEBYSCORE', set, '-inf', time[1], 'WITHSCORES', 'LIMIT', 0, most - moved)
  for i = 1, #due, 2 do
    local why, failure = hand_on(prefix, set, due[i], due[i + 1])
    if why then
      add(damaged, number, due[i], why)
    elseif failure then
      return failure
    end
  end
end

local function forward(number, prefix, set)
  if filled == 0 then
    return
  end
  local first = redis.pcall('ZRANGE', set, 0, 0, 'WITHSCORES')
  if first.err or first[1] then
    filled = filled - 1
  end
  local failure = first.err
  if first[2] and tonumber(first[2]) <= tonumber(time[1]) then
    failure = hand_all_on(number, prefix, set)
    first = redis.call('ZRANGE', set, 0, 0, 'WITHSCORES')
  end
  if failure then
    add(broken, number, failure)
  elseif first[2] then
    rest(first[2])
  end
end

for number = 1, #KEYS / 2 do
  local name, prefix, before = ARGV[number * 2 + 1], ARGV[number * 2 + 2], moved
  forward(number, prefix, KEYS[number * 2 - 1])
  if moved < most then
    forward(number, prefix, KEYS[number * 2])
  end
  if moved > before then
    redis.pcall('PUBLISH', channel, name)
  end
  if moved >= most then
    break
  end
end
return { moved, math.ceil(wait), damaged, broken }
