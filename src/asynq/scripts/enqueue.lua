-- Enqueues tasks, as one: with a fence that does not hold, or after an error, nothing is written.
-- Writes what Asynq's Enqueue, EnqueueUnique, Schedule and ScheduleUnique write, save that the id is looked at first: no
-- lock is taken for a task whose id is taken.
--
-- KEYS[1]  asynq:queues
-- KEYS[2]  only with a fence: its key
-- KEYS[3]  only with a mark: its key
-- ARGV[1]  the fence's holder, empty without one
-- ARGV[2]  now, Unix nanoseconds
-- ARGV[3]  channel to wake workers: the queue's name is published once for each queue that got a pending task
-- ARGV[4]  the mark, empty without one: set last, in whatever state its key is
-- ARGV[5]… runs of tasks of one queue and one form, each: queue, form, count, then for each of its tasks
--          id, msg,  with 's' in the form: when to process it (Unix seconds),  with 'u': key of the lock, its seconds
--
-- Answers nil when the fence does not hold, else a string of one letter a task, in order:
--          e enqueued, i its id is taken, u its lock is taken

local call = redis.call

if KEYS[2] and redis.pcall('GET', KEYS[2]) ~= ARGV[1] then
  return false
end

local function each_run(visit)
  local at, last = 5, #ARGV
  while at <= last do
    local form, count = ARGV[at + 1], tonumber(ARGV[at + 2])
    local scheduled, unique = form:find('s') ~= nil, form:find('u') ~= nil
    local width = 2 + (scheduled and 1 or 0) + (unique and 2 or 0)
    visit(ARGV[at], scheduled, unique, at + 3, at + 2 + count * width, width)
    at = at + 3 + count * width
  end
end

-- What could fail fails here, before anything is written: a key of another type, no memory left.
each_run(function(queue, scheduled)
  local prefix = 'asynq:{' .. queue .. '}:'
  if scheduled then
    call('ZCARD', prefix .. 'scheduled')
  else
    call('LLEN', prefix .. 'pending')
  end
end)
each_run(function(queue)
  call('SADD', KEYS[1], queue)
end)

local answers, done = {}, 0
local woken = {}

each_run(function(queue, scheduled, unique, first, last, width)
  local prefix = 'asynq:{' .. queue .. '}:'
  local task_prefix = prefix .. 't:'
  local state = scheduled and 'scheduled' or 'pending'
  local ids, count = {}, 0
  for at = first, last, width do
    local id = ARGV[at]
    local key = task_prefix .. id
    local lock = unique and ARGV[at + width - 2]
    local answer = 'e'
    if call('EXISTS', key) == 1 then
      answer = 'i'
    elseif unique and not call('SET', lock, id, 'NX', 'EX', ARGV[at + width - 1]) then
      answer = 'u'
    elseif scheduled then
      call('HSET', key, 'msg', ARGV[at + 1], 'state', state)
      call('ZADD', prefix .. 'scheduled', ARGV[at + 2], id)
    else
      call('HSET', key, 'msg', ARGV[at + 1], 'state', state, 'pending_since', ARGV[2])
      count = count + 1
      ids[count] = id
    end
    if unique and answer == 'e' then
      call('HSET', key, 'unique_key', lock)
    end
    done = done + 1
    answers[done] = answer
  end
  if count > 0 then
    call('LPUSH', prefix .. 'pending', unpack(ids))
    woken[queue] = true
  end
end)

if KEYS[3] then
  call('SET', KEYS[3], ARGV[4])
end

-- Only a hint: workers look by themselves too.
for queue in pairs(woken) do
  redis.pcall('PUBLISH', ARGV[3], queue)
end

return table.concat(answers)
