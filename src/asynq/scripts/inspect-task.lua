-- One task.
--
-- KEYS[1]  asynq:queues
-- KEYS[2]  the task
-- ARGV[1]  its queue
-- ARGV[2]  its id
--
-- Answers -1 for a queue that is not known, 0 for a task that is not, -3 where its key holds another type, else
--          { msg or nil, state or nil, when it is processed (Unix seconds as text) or nil, result or nil }

local call = redis.call

if call('SISMEMBER', KEYS[1], ARGV[1]) == 0 then
  return -1
end
if call('EXISTS', KEYS[2]) == 0 then
  return 0
end
local fields = redis.pcall('HMGET', KEYS[2], 'msg', 'state', 'result')
if fields.err then
  return -3
end
local msg, state, result = fields[1], fields[2], fields[3]
local score = false
if state == 'scheduled' or state == 'retry' then
  local answer = redis.pcall('ZSCORE', 'asynq:{' .. ARGV[1] .. '}:' .. state, ARGV[2])
  score = type(answer) == 'string' and answer
end
return { msg, state, score, result }
