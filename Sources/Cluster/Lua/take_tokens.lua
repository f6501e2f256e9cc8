-- A token bucket that refills evenly and holds `capacity` at most. Time is Redis's own, so nodes' clocks do not matter.
-- KEYS: bucket. ARGV: capacity, ms in which an empty bucket becomes full, tokens wanted.
-- Returns {1 or 0 = taken or not, whole tokens left, ms until that many can be taken, ms until the bucket is full}.
local capacity, interval, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(bucket[1]) or capacity
local elapsed = math.max(0, now - (tonumber(bucket[2]) or now))
tokens = math.min(capacity, tokens + elapsed * capacity / interval)
local taken = tokens >= cost
if taken then
  tokens = tokens - cost
  local full = math.ceil((capacity - tokens) * interval / capacity)
  redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', now)
  redis.call('PEXPIRE', KEYS[1], full + 1)
end
local wait = taken and 0 or math.ceil((cost - tokens) * interval / capacity)
return {taken and 1 or 0, math.floor(tokens), wait, math.ceil((capacity - tokens) * interval / capacity)}
