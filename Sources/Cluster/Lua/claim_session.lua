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
    local state = string.sub(record, 1, 1)
    if state ~= 'E' then
      if node == ARGV[3] and ARGV[6] ~= node then return {'busy'} end
      -- Nobody listens: the node is gone, or has lost its subscriptions, after which it asks what it still has.
      if ARGV[6] ~= node and redis.call('PUBLISH', ARGV[5] .. node, 'R ' .. ARGV[2] .. ' ' .. ARGV[3]) > 0 then
        return {'live', node}
      end
    end
    -- T: taken, and not known to have a connection where it is. What its last one's end was stays with it, for what the new
    -- node says of its clients says nothing of this one.
    local ended, confirmed, body = '0000000000000', 0, nil
    if state == 'L' then
      confirmed, body = redis.call('HGET', key, 'confirmed') or 0, string.sub(record, 2)
    elseif state == 'E' then
      ended, body = string.sub(record, 2, 14), string.sub(record, 15)
    else
      ended, confirmed, body = string.sub(record, 2, 14), string.sub(record, 15, 30), string.sub(record, 31)
    end
    confirmed = string.format('%016.0f', tonumber(confirmed))
    redis.call('HDEL', key, ARGV[2])
    redis.call('HSET', KEYS[3], ARGV[2], 'T' .. ended .. confirmed .. body)
    local time = redis.call('TIME')
    local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
    return {'taken', now, tonumber(ended) > 0 and ended or '', confirmed, log[2], log[3], body}
  end
end
return {'none'}
