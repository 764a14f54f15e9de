-- Extends the leases of the tasks in a server's hands, then writes the server's records.
--
-- KEYS  1 `asynq:servers`; 2 `asynq:workers`; 3 the server's record; 4 its workers' hash;
--       5... the lease sets of its queues
-- ARGV  1 how long the records live, seconds; 2 the server's record; 3 the lease, seconds;
--       then four per task: id; its worker's record; its queue's number (from 1; 0: not to be extended); its token
-- Returns { lost, unknown, failure }: the numbers (from 1) of the tasks whose lease is not this server's any more, and
-- of those whose lease cannot be read, which is not extended; the last error of Redis, or ''.
--
-- DEL comes first: it is allowed at `maxmemory`, and after it all is. Scores: see dequeue.lua.

redis.call('DEL', KEYS[4])
local seconds = tonumber(redis.call('TIME')[1])
local ends = seconds + tonumber(ARGV[3])
local lost, unknown, failure = {}, {}, ''

-- Notes where it cannot.
local function extend(number, lease, id, token)
  local score = redis.pcall('ZSCORE', lease, id)
  if type(score) == 'table' then
    unknown[#unknown + 1], failure = number, score.err
  elseif not score or (tonumber(score) % 1) * 2097152 ~= token then
    lost[#lost + 1] = number
    return false
  else
    redis.call('ZADD', lease, ends + token / 2097152, id)
  end
  return true
end

local number, records = 0, {}
for i = 4, #ARGV, 4 do
  number = number + 1
  local queue = tonumber(ARGV[i + 2])
  if queue == 0 or extend(number, KEYS[queue + 4], ARGV[i], tonumber(ARGV[i + 3])) then
    records[#records + 1] = ARGV[i]
    records[#records + 1] = ARGV[i + 1]
  end
end

local function try(...)
  local answer = redis.pcall(...)
  if type(answer) == 'table' and answer.err then
    failure = answer.err
  end
end
local expiry = seconds + tonumber(ARGV[1])
try('SET', KEYS[3], ARGV[2], 'EX', ARGV[1])
try('ZADD', KEYS[1], expiry, KEYS[3])
if #records > 0 then
  for i = 1, #records, 2 do
    try('HSET', KEYS[4], records[i], records[i + 1])
  end
  try('EXPIRE', KEYS[4], ARGV[1])
  try('ZADD', KEYS[2], expiry, KEYS[4])
end
return { lost, unknown, failure }
