-- Runs, archives or deletes one task. Needs archive.lua.
--
-- KEYS[1]  asynq:queues
-- KEYS[2]  the task
-- ARGV[1]  run, archive or delete
-- ARGV[2]  its queue
-- ARGV[3]  its id
-- ARGV[4]  now, Unix seconds
-- ARGV[5]  now, Unix nanoseconds
-- ARGV[6]  forget what was archived before, Unix seconds
-- ARGV[7]  forget the oldest archived of more than so many
-- ARGV[8]  channel to wake workers
--
-- Answers  1 done,  0 no such task,  -1 no such queue,  -2 not from its state,
--          -3 the task is damaged: its hash is not readable, or does not lie where it says. Only delete mends that.

local call = redis.call
local action, queue, id = ARGV[1], ARGV[2], ARGV[3]

if call('SISMEMBER', KEYS[1], queue) == 0 then
  return -1
end

local prefix = 'asynq:{' .. queue .. '}:'
local kinds = {
  pending = 'list', active = 'list',
  scheduled = 'zset', retry = 'zset', archived = 'zset', completed = 'zset', lease = 'zset',
}
local from = {
  run = { scheduled = true, retry = true, archived = true, aggregating = true },
  archive = { pending = true, scheduled = true, retry = true, aggregating = true },
  delete = {
    pending = true, scheduled = true, retry = true, archived = true, completed = true, aggregating = true,
  },
}

local function take(place)
  local key, kind = prefix .. place, kinds[place]
  if call('TYPE', key).ok ~= kind then
    return false
  end
  if kind == 'list' then
    return call('LREM', key, 0, id) > 0
  end
  return call('ZREM', key, id) > 0
end

local function take_from_group(group)
  local key = prefix .. 'g:' .. (group or '')
  if call('TYPE', key).ok ~= 'zset' then
    return false
  end
  local removed = call('ZREM', key, id)
  if call('EXISTS', key) == 0 then
    redis.pcall('SREM', prefix .. 'groups', group or '')
  end
  return removed > 0
end

-- `taken`: out of where it lay. Else it is searched everywhere.
local function delete(lock, taken)
  release_lock(id, lock)
  local was_there = call('DEL', KEYS[2]) == 1
  if not taken then
    for place in pairs(kinds) do
      was_there = take(place) or was_there
    end
  end
  return was_there and 1 or 0
end

local fields = redis.pcall('HMGET', KEYS[2], 'state', 'group', 'unique_key')
local state = not fields.err and fields[1]
local is_there = call('EXISTS', KEYS[2]) == 1
local is_damaged = is_there and not (state and (kinds[state] or state == 'aggregating'))
  or state == 'active' and not redis.pcall('LPOS', prefix .. 'active', id)

if not is_there or is_damaged then
  if action == 'delete' then
    return delete(fields[3], false)
  end
  return is_there and -3 or 0
end
if not from[action][state] then
  return -2
end

-- What could fail fails here, before anything is written.
if action == 'run' then
  call('LLEN', prefix .. 'pending')
elseif action == 'archive' then
  call('ZCARD', prefix .. 'archived')
end

local taken
if state == 'aggregating' then
  taken = take_from_group(fields[2])
else
  taken = take(state)
end
if action == 'delete' then
  return delete(fields[3], taken)
end
if not taken then
  return -3
end

if action == 'run' then
  call('LPUSH', prefix .. 'pending', id)
  call('HSET', KEYS[2], 'state', 'pending', 'pending_since', ARGV[5])
  redis.pcall('PUBLISH', ARGV[8], queue)
else
  call('ZADD', prefix .. 'archived', ARGV[4], id)
  call('HSET', KEYS[2], 'state', 'archived')
  call('HDEL', KEYS[2], 'pending_since')
  trim_archive(prefix, ARGV[6], ARGV[7])
end
return 1
