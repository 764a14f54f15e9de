-- Asks whoever runs a task to abort it.
--
-- KEYS[1]  asynq:queues
-- KEYS[2]  the task
-- ARGV[1]  its queue
-- ARGV[2]  its id
-- ARGV[3]  asynq:cancel
--
-- Answers  1 asked,  0 no such task,  -1 no such queue,  -2 it is not active,  -3 its key holds another type

local call = redis.call

if call('SISMEMBER', KEYS[1], ARGV[1]) == 0 then
  return -1
end
if call('EXISTS', KEYS[2]) == 0 then
  return 0
end
local state = redis.pcall('HGET', KEYS[2], 'state')
if type(state) == 'table' then
  return -3
end
if state ~= 'active' then
  return -2
end
call('PUBLISH', ARGV[3], ARGV[2])
return 1
