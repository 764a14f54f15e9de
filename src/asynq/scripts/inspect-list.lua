-- A page of the tasks of one state: of a list from its right end on, of a sorted set from its lowest score on.
--
-- KEYS[1]  asynq:queues
-- KEYS[2]  the state's list or sorted set
-- ARGV[1]  the queue
-- ARGV[2]  how many to pass over
-- ARGV[3]  how many at most
--
-- Answers nil for a queue that is not known, 0 where KEYS[2] holds another type, else five entries a task:
--          id, score (text, nil in a list), 1 or 0 where the id's key holds another type, msg or nil, result or nil

local call = redis.call

if call('SISMEMBER', KEYS[1], ARGV[1]) == 0 then
  return false
end
local prefix = 'asynq:{' .. ARGV[1] .. '}:t:'
local first, last = tonumber(ARGV[2]), tonumber(ARGV[2]) + tonumber(ARGV[3]) - 1
local kind = call('TYPE', KEYS[2]).ok
local page = {}

local function add(id, score)
  local fields = redis.pcall('HMGET', prefix .. id, 'msg', 'result')
  local at = #page
  page[at + 1], page[at + 2] = id, score
  page[at + 3] = fields.err and 0 or 1
  page[at + 4] = fields[1] or false
  page[at + 5] = fields[2] or false
end

if kind == 'list' then
  local ids = call('LRANGE', KEYS[2], -last - 1, -first - 1)
  for i = #ids, 1, -1 do
    add(ids[i], false)
  end
elseif kind == 'zset' then
  local ids = call('ZRANGE', KEYS[2], first, last, 'WITHSCORES')
  for i = 1, #ids, 2 do
    add(ids[i], ids[i + 1])
  end
elseif kind ~= 'none' then
  return 0
end
return page
