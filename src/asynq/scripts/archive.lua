-- Used by other scripts: what has to do with forgetting tasks.

-- Gives the lock of a task back, if it is still the task's.
local function release_lock(id, lock)
  if lock and lock ~= '' and redis.pcall('GET', lock) == id then
    redis.call('DEL', lock)
  end
end

-- Forgets tasks of the archive: those from before `cutoff` (Unix seconds), and the oldest of more than `most`. At most
-- 100 of each a call, so that it stays short.
local function trim_archive(prefix, cutoff, most)
  local archived = prefix .. 'archived'
  local function forget(ids)
    for _, id in ipairs(ids) do
      local key = prefix .. 't:' .. id
      local fields = redis.pcall('HMGET', key, 'unique_key', 'state')
      redis.call('ZREM', archived, id)
      -- An id that lives on in another state is none of the archive's.
      if not fields.err and (not fields[2] or fields[2] == 'archived') then
        release_lock(id, fields[1])
        redis.call('DEL', key)
      end
    end
  end
  forget(redis.call('ZRANGE', archived, '-inf', cutoff, 'BYSCORE', 'LIMIT', 0, 100))
  local extra = redis.call('ZCARD', archived) - tonumber(most)
  if extra > 0 then
    forget(redis.call('ZRANGE', archived, 0, math.min(extra, 100) - 1))
  end
end
