-- Which of a node's sessions are not with it any more. KEYS: the node's records. ARGV: pids. Returns pids.
-- Error: GONE, the records have expired.
if redis.call('EXISTS', KEYS[1]) == 0 then return redis.error_reply('GONE the records have expired') end
local missing = {}
for _, pid in ipairs(ARGV) do
  if redis.call('HEXISTS', KEYS[1], pid) == 0 then missing[#missing + 1] = pid end
end
return missing
