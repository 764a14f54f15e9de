-- Runs, archives or deletes tasks of one state, the oldest first, as many as are asked for. Needs archive.lua.
--
-- KEYS[1]  asynq:queues
-- ARGV[1]  run, archive or delete
-- ARGV[2]  the queue
-- ARGV[3]  the state: pending, scheduled, retry, archived or completed
-- ARGV[4]  how many at most
-- ARGV[5]… as ARGV[4]… of change-task.lua: now in seconds, in nanoseconds, both bounds of the archive, the channel
--
-- Answers -1 for a queue that is not known, else { how many were changed, how many were damaged }: of the damaged
--          (no hash, another type, another state) only the id is taken away.
--
-- LTRIM or ZREM is the first write: it is allowed at `maxmemory`, and after it all is.

local call = redis.call
local action, queue, state = ARGV[1], ARGV[2], ARGV[3]

if call('SISMEMBER', KEYS[1], queue) == 0 then
  return -1
end

local prefix = 'asynq:{' .. queue .. '}:'
local source = prefix .. state
local most = tonumber(ARGV[4])
if most == 0 then
  return { 0, 0 }
end

-- What could fail fails here, before anything is written.
if action == 'run' then
  call('LLEN', prefix .. 'pending')
elseif action == 'archive' then
  call('ZCARD', prefix .. 'archived')
end

local ids
if state == 'pending' then
  ids = call('LRANGE', source, -most, -1)
else
  ids = call('ZRANGE', source, 0, most - 1)
end
if #ids == 0 then
  return { 0, 0 }
end
if state == 'pending' then
  call('LTRIM', source, 0, -#ids - 1)
else
  call('ZREM', source, unpack(ids))
end

local changed, pending = 0, {}
for i = #ids, 1, -1 do
  -- A list's oldest is its last, a sorted set's its first.
  local id = state == 'pending' and ids[i] or ids[#ids - i + 1]
  local key = prefix .. 't:' .. id
  local fields = redis.pcall('HMGET', key, 'state', 'unique_key')
  if not fields.err and fields[1] == state then
    changed = changed + 1
    if action == 'run' then
      call('HSET', key, 'state', 'pending', 'pending_since', ARGV[6])
      pending[#pending + 1] = id
    elseif action == 'archive' then
      call('HSET', key, 'state', 'archived')
      call('HDEL', key, 'pending_since')
      call('ZADD', prefix .. 'archived', ARGV[5], id)
    else
      release_lock(id, fields[2])
      call('DEL', key)
    end
  end
end

if #pending > 0 then
  call('LPUSH', prefix .. 'pending', unpack(pending))
  redis.pcall('PUBLISH', ARGV[9], queue)
end
if action == 'archive' then
  trim_archive(prefix, ARGV[7], ARGV[8])
end
return { changed, #ids - changed }
