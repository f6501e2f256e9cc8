-- Writes one node's entry, which expires unless it is written again, and returns everybody's.
-- KEYS: set of names, this node's entry. ARGV: name, prefix of entries, entry's TTL in ms, then field, value, …
-- Returns {field, value, …} of each node that lives.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[2], unpack(ARGV, 4))
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])
local members = {}
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local fields = redis.call('HGETALL', ARGV[2] .. name)
  if #fields > 0 then members[#members + 1] = fields end
end
return members
