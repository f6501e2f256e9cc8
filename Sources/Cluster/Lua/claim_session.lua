-- Moves a session's record to the node whose client came with its pid. Of several that ask at once one gets it.
-- KEYS: log, nodes, the asking node's records. ARGV: life, pid, the asking node, what the names of records begin with, what
-- the names of nodes' channels begin with, the node of which it is taken without asking it or ''.
-- Returns {'none'}, {'live', node}: that has the connection and has been told to close it, {'busy'}: it is with the asking
-- node, or {'taken', time in ms, time when its connection ended or '', number up to which every client of a node that had
-- not ended it has everything, last number, number up to which entries may be gone, record}.
-- Errors: EPOCH, another life of the log; GONE, the asking node's records have expired.
local log = redis.call('HMGET', KEYS[1], 'epoch', 'head', 'floor')
if log[1] ~= ARGV[1] then return redis.error_reply('EPOCH the log has begun anew') end
if redis.call('EXISTS', KEYS[3]) == 0 then return redis.error_reply('GONE the records have expired') end
for _, node in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  local key = ARGV[4] .. node
  local record = redis.call('HGET', key, ARGV[2])
  if record then
    local ended = string.sub(record, 1, 1) == 'E'
    if not ended then
      if node == ARGV[3] and ARGV[6] ~= node then return {'busy'} end
      -- Nobody listens: the node is gone, or has lost its subscriptions, after which it asks what it still has.
      if ARGV[6] ~= node and redis.call('PUBLISH', ARGV[5] .. node, 'R ' .. ARGV[2] .. ' ' .. ARGV[3]) > 0 then
        return {'live', node}
      end
    end
    local body = string.sub(record, ended and 15 or 2)
    redis.call('HDEL', key, ARGV[2])
    redis.call('HSET', KEYS[3], ARGV[2], 'L' .. body)
    local time = redis.call('TIME')
    local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
    local confirmed = redis.call('HGET', key, 'confirmed') or '0'
    return {'taken', now, ended and string.sub(record, 2, 14) or '', confirmed, log[2], log[3], body}
  end
end
return {'none'}
