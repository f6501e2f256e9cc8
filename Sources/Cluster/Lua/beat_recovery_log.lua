-- Once a second from each node: keeps its records from expiring, drops what is too old, and tells the node on its own
-- channel how far it has come: what was published before reaches a subscriber before that.
-- KEYS: log, nodes, the node's records, some streams. ARGV: life, node, number up to which the clients that were connected to
-- it have everything, milliseconds that records outlive the last beat, microseconds an entry is kept, the node's channel.
-- Returns 1. Errors: EPOCH, another life of the log; GONE, the records have expired.
local log = redis.call('HMGET', KEYS[1], 'epoch', 'head', 'floor')
if log[1] ~= ARGV[1] then return redis.error_reply('EPOCH the log has begun anew') end
if redis.call('EXISTS', KEYS[3]) == 0 then return redis.error_reply('GONE the records have expired') end
local time = redis.call('TIME')
local floor = math.max(tonumber(log[3]), time[1] * 1000000 + time[2] - tonumber(ARGV[5]))
local first = string.format('%.0f', floor + 1)
-- Before anything that a full Redis would refuse: what only makes room is never refused, nor what follows it.
for index = 4, #KEYS do redis.call('XTRIM', KEYS[index], 'MINID', '=', first) end
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - tonumber(ARGV[4]))
redis.call('ZADD', KEYS[2], now, ARGV[2])
redis.call('HSET', KEYS[1], 'floor', string.format('%.0f', floor))
redis.call('HSET', KEYS[3], 'confirmed', ARGV[3])
redis.call('PEXPIRE', KEYS[3], ARGV[4])
redis.call('PUBLISH', ARGV[6], 'M ' .. log[1] .. '.' .. log[2])
return 1
