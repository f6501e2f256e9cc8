-- Notes how many connections of one owner a process has, and returns how many it and the other processes have that live.
-- KEYS: the owner's hash. ARGV: the process, its number, ms until the hash is forgotten, then the others that live.
local total = tonumber(ARGV[2])
if total > 0 then
  redis.call('HSET', KEYS[1], ARGV[1], total)
else
  redis.call('HDEL', KEYS[1], ARGV[1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if #ARGV > 3 then
  for _, count in ipairs(redis.call('HMGET', KEYS[1], unpack(ARGV, 4))) do total = total + (tonumber(count) or 0) end
end
return total
