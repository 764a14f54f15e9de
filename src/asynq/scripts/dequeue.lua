-- Takes tasks out of several queues, asked in the order given, and leases them.
--
-- KEYS  the queues' pending lists
-- ARGV  1 how many tasks at most; 2 the lease, seconds; 3 the lease's token, from 1 to 2^21 - 1;
--       4... the queues' prefixes (`asynq:{q}:`), in the order of KEYS
-- Returns { tasks, damaged, broken }, each flat:
--   tasks    queue's number (from 1), id, msg ('' where the hash has none), ...
--   damaged  queue's number, id, why, ...: such an id is pending no more; a foreign key of its name is untouched
--   broken   queue's number, Redis' error, ...: pending, active or lease is of a wrong type; nothing was taken there
-- Throws what ails all queues (Redis is read-only, cannot save, has too few replicas): nothing was taken.
--
-- A lease's score is when it ends by Redis' clock, whole seconds, plus token / 2^21: who holds it can tell it from
-- that of another worker, and Asynq, which writes whole seconds and compares them, sees no difference.
-- RPOP comes first, for it is allowed at `maxmemory`, and after it all is: a full Redis can be worked empty.

local tasks, damaged, broken = {}, {}, {}
if redis.call('EXISTS', unpack(KEYS)) == 0 then
  return { tasks, damaged, broken }
end

-- Of an idle server's looks each counts: one command asks for all pauses, and one more what lies beside the paused.
local open, pending_keys, paused_keys = {}, {}, {}
for number = 1, #KEYS do
  paused_keys[number] = ARGV[number + 3] .. 'paused'
end
for number, paused in ipairs(redis.call('MGET', unpack(paused_keys))) do
  if not paused then
    open[#open + 1] = number
    pending_keys[#pending_keys + 1] = KEYS[number]
  end
end
if #open == 0 or #open < #KEYS and redis.call('EXISTS', unpack(pending_keys)) == 0 then
  return { tasks, damaged, broken }
end

local room = tonumber(ARGV[1])
local score = tonumber(redis.call('TIME')[1]) + tonumber(ARGV[2]) + tonumber(ARGV[3]) / 2097152

local function add(list, ...)
  for _, value in ipairs({ ... }) do
    list[#list + 1] = value
  end
end

local function ails_all(failure)
  for _, code in ipairs({ 'READONLY', 'MISCONF', 'NOREPLICAS' }) do
    if string.find(failure, code, 1, true) then
      return true
    end
  end
  return false
end

-- Of the ids, those that have a task; the others are told.
local function good(number, prefix, ids)
  local found, messages, seen = {}, {}, {}
  for _, id in ipairs(ids) do
    local key = prefix .. 't:' .. id
    local fields = redis.pcall('HMGET', key, 'msg', 'state')
    if fields.err then
      add(damaged, number, id, 'its key holds something that is no task')
    elseif not fields[1] and redis.call('EXISTS', key) == 0 then
      add(damaged, number, id, 'there is no task of this id')
    elseif seen[id] or fields[2] == 'active' and redis.pcall('ZSCORE', prefix .. 'lease', id) then
      add(damaged, number, id, 'its id is pending although it is in hand already')
    else
      seen[id] = true
      add(found, id)
      add(messages, fields[1] or '')
    end
  end
  return found, messages
end

local function back(pending, ids)
  for i = #ids, 1, -1 do
    redis.call('RPUSH', pending, ids[i])
  end
end

-- Puts the ids among the active and leases them; answers Redis' error, having undone it, where it cannot.
local function lease(pending, prefix, ids)
  local pushed = redis.pcall('LPUSH', prefix .. 'active', unpack(ids))
  if type(pushed) == 'table' then
    back(pending, ids)
    return pushed.err
  end
  local scores = {}
  for _, id in ipairs(ids) do
    add(scores, score, id)
  end
  local leased = redis.pcall('ZADD', prefix .. 'lease', unpack(scores))
  if type(leased) == 'table' then
    redis.call('LPOP', prefix .. 'active', #ids)
    back(pending, ids)
    return leased.err
  end
end

local function take(number, pending, prefix)
  local ids = redis.pcall('RPOP', pending, room)
  if not ids then
    return
  end
  if ids.err then
    if ails_all(ids.err) then
      redis.call('RPOP', pending, room) -- throws it as it is
    end
    add(broken, number, ids.err)
    return
  end
  local found, messages = good(number, prefix, ids)
  if #found == 0 then
    return
  end
  local failure = lease(pending, prefix, found)
  if failure then
    add(broken, number, failure)
    return
  end
  for i, id in ipairs(found) do
    local key = prefix .. 't:' .. id
    redis.call('HSET', key, 'state', 'active')
    redis.call('HDEL', key, 'pending_since')
    add(tasks, number, id, messages[i])
  end
  room = room - #found
end

for _, number in ipairs(open) do
  if room > 0 then
    take(number, KEYS[number], ARGV[number + 3])
  end
end
return { tasks, damaged, broken }
