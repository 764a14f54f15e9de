-- Figures of one queue.
--
-- KEYS[1]  asynq:queues
-- ARGV[1]  the queue
-- ARGV[2]  today in UTC, yyyy-mm-dd
--
-- Answers nil for a queue that is not known, else { is it paused: 0 or 1,
--          how many are pending, active, scheduled, retry, archived, completed; -1 where the key holds another type,
--          processed today, failed today, processed, failed: text or nil,
--          since when the oldest pending task waits: text of Unix nanoseconds, or nil }

local call, try = redis.call, redis.pcall

if call('SISMEMBER', KEYS[1], ARGV[1]) == 0 then
  return false
end
local prefix = 'asynq:{' .. ARGV[1] .. '}:'

local function or_else(answer, instead)
  if type(answer) == 'table' and answer.err then
    return instead
  end
  return answer
end

local figures = { call('EXISTS', prefix .. 'paused') }
for _, state in ipairs({ 'pending', 'active' }) do
  figures[#figures + 1] = or_else(try('LLEN', prefix .. state), -1)
end
for _, state in ipairs({ 'scheduled', 'retry', 'archived', 'completed' }) do
  figures[#figures + 1] = or_else(try('ZCARD', prefix .. state), -1)
end
for _, counter in ipairs({ 'processed:' .. ARGV[2], 'failed:' .. ARGV[2], 'processed', 'failed' }) do
  figures[#figures + 1] = or_else(try('GET', prefix .. counter), false)
end
local oldest = or_else(try('LINDEX', prefix .. 'pending', -1), false)
figures[#figures + 1] = oldest and or_else(try('HGET', prefix .. 't:' .. oldest, 'pending_since'), false)
return figures
