-- Carries out what is to become of active tasks of one queue, each only while its lease is the caller's.
--
-- KEYS  1 active; 2 lease; 3 pending; 4 completed; 5 retry; 6 archived; 7 processed; 8 failed;
--       9 processed of the day; 10 failed of the day
-- ARGV  1 the prefix of task keys; 2 the channel that wakes workers; 3 the queue's name; then seven per task:
--       id; owner (the lease's token, or `=` and the lease's score as it was read); verdict; number; msg;
--       unique key ('' for none); result ('' for none)
--   verdict   number        what it does
--   done                    forgets the task
--   complete  retention, s  keeps it as completed
--   retry     delay, s      tries it again later; counts a failure
--   postpone  delay, s      the same, and counts nothing
--   archive                 archives it; counts a failure
--   requeue                 puts it back to the head of its queue; counts nothing
-- Returns per task: 1 carried out; 0 the lease is another's, or the task is not active any more: nothing was written;
-- or Redis' error: it is active and leased as before. Throws where KEYS 1 or 2 is of another type: nothing was written.
--
-- ZREM comes first: it is allowed at `maxmemory`, and after it all is, so that no verdict is carried out by half.

local ACTIVE, LEASE, PENDING, COMPLETED, RETRY, ARCHIVED = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local PREFIX = ARGV[1]
local STATS_DAYS, ARCHIVE_DAYS, ARCHIVE_MOST, DAY = 90, 90, 10000, 86400

local time = redis.call('TIME')
local seconds = tonumber(time[1])
local exact = seconds + tonumber(time[2]) / 1000000
local processed, failed, archived, requeued = 0, 0, false, false

local function is_ours(score, owner)
  if not score then
    return false
  end
  if string.sub(owner, 1, 1) == '=' then
    return tonumber(score) == tonumber(string.sub(owner, 2))
  end
  return (tonumber(score) % 1) * 2097152 == tonumber(owner)
end

-- Whole seconds, never too early.
local function after(delay)
  return math.ceil(exact + tonumber(delay))
end

local function keep(task, set, score, state)
  local fields = { 'state', state, 'msg', task.msg }
  if task.result ~= '' then
    fields[5], fields[6] = 'result', task.result
  end
  local written = redis.pcall('HSET', PREFIX .. task.id, unpack(fields))
  if type(written) == 'table' then
    return written.err
  end
  local added = redis.pcall('ZADD', set, score, task.id)
  if type(added) == 'table' then
    redis.call('HSET', PREFIX .. task.id, 'state', 'active')
    return added.err
  end
end

local function unlock(task)
  if task.unique ~= '' and redis.pcall('GET', task.unique) == task.id then
    redis.call('DEL', task.unique)
  end
end

-- Each answers Redis' error, having changed nothing, or nil.
local VERDICTS = {
  done = function(task)
    redis.call('DEL', PREFIX .. task.id)
    unlock(task)
    processed = processed + 1
  end,
  complete = function(task)
    local failure = keep(task, COMPLETED, seconds + tonumber(task.number), 'completed')
    if failure then
      return failure
    end
    unlock(task)
    processed = processed + 1
  end,
  retry = function(task)
    local failure = keep(task, RETRY, after(task.number), 'retry')
    if failure then
      return failure
    end
    processed, failed = processed + 1, failed + 1
  end,
  postpone = function(task)
    return keep(task, RETRY, after(task.number), 'retry')
  end,
  archive = function(task)
    local failure = keep(task, ARCHIVED, seconds, 'archived')
    if failure then
      return failure
    end
    processed, failed, archived = processed + 1, failed + 1, true
  end,
  requeue = function(task)
    local written = redis.pcall('HSET', PREFIX .. task.id, 'state', 'pending')
    if type(written) == 'table' then
      return written.err
    end
    local pushed = redis.pcall('RPUSH', PENDING, task.id)
    if type(pushed) == 'table' then
      redis.call('HSET', PREFIX .. task.id, 'state', 'active')
      return pushed.err
    end
    requeued = true
  end,
}

local function carry_out(task)
  local score = redis.call('ZSCORE', LEASE, task.id)
  if not is_ours(score, task.owner) then
    return 0
  end
  redis.call('ZREM', LEASE, task.id)
  -- One that is in no list any more, but is active by its own account, would stay so for ever.
  if redis.call('LREM', ACTIVE, 0, task.id) == 0 and redis.pcall('HGET', PREFIX .. task.id, 'state') ~= 'active' then
    return 0
  end
  local failure = VERDICTS[task.verdict](task)
  if failure then
    redis.call('LPUSH', ACTIVE, task.id)
    redis.call('ZADD', LEASE, score, task.id)
    return failure
  end
  return 1
end

-- Lifetime counters begin at 1 again past the largest integer; one that holds no number is left alone.
local function count(total, day, by)
  if by == 0 then
    return
  end
  local today = redis.pcall('INCRBY', day, by)
  if today == by then
    redis.call('EXPIREAT', day, seconds + STATS_DAYS * DAY)
  end
  local sum = redis.pcall('INCRBY', total, by)
  if type(sum) == 'table' and string.find(sum.err, 'overflow', 1, true) then
    redis.call('SET', total, by)
  end
end

local function forget(ids)
  for _, id in ipairs(ids) do
    local state = redis.pcall('HGET', PREFIX .. id, 'state')
    -- What is of another type, or lives on in another state, is none of the archive's.
    if not state or state == 'archived' then
      redis.call('DEL', PREFIX .. id)
    end
    redis.call('ZREM', ARCHIVED, id)
  end
end

-- At most 500 of each kind a call: a script blocks Redis.
local function trim_archive()
  forget(redis.call('ZRANGE', ARCHIVED, '-inf', seconds - ARCHIVE_DAYS * DAY, 'BYSCORE', 'LIMIT', 0, 500))
  local extra = redis.call('ZCARD', ARCHIVED) - ARCHIVE_MOST + 1
  if extra > 0 then
    forget(redis.call('ZRANGE', ARCHIVED, 0, math.min(extra, 500) - 1))
  end
end

redis.call('LLEN', ACTIVE)
local answers = {}
for i = 4, #ARGV, 7 do
  answers[#answers + 1] = carry_out({
    id = ARGV[i],
    owner = ARGV[i + 1],
    verdict = ARGV[i + 2],
    number = ARGV[i + 3],
    msg = ARGV[i + 4],
    unique = ARGV[i + 5],
    result = ARGV[i + 6],
  })
end
count(KEYS[7], KEYS[9], processed)
count(KEYS[8], KEYS[10], failed)
if archived then
  trim_archive()
end
if requeued then
  redis.pcall('PUBLISH', ARGV[2], ARGV[3])
end
return answers
