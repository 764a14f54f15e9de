-- Who leads. Writes nothing.
-- KEYS: 1 the lease, 2 its terms (see lease-take.lua)
-- Answers {holder, ms left (-1: for ever), term, since}; nil where nobody leads, or the term is not known.
local holder = redis.call('GET', KEYS[1])
if not holder then return { false, 0, false, false } end
local terms = redis.call('HMGET', KEYS[2], 'number', 'holder', 'since')
local isKnown = terms[2] == holder
return { holder, redis.call('PTTL', KEYS[1]), isKnown and terms[1], isKnown and terms[3] }
