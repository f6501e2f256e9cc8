-- Numbers broadcasts, keeps each in its stream and publishes it with its place as the last element of its MessagePack.
-- A number is the time in microseconds, or one more than the last: it rises also when the clock does not.
-- KEYS: log, the sender's records, then the stream of each broadcast.
-- ARGV: life, batch (rising for each sender), bytes after which the older half of the log goes, what the streams' names
-- begin with, how many streams there are, then channel and message of each broadcast.
-- Returns the last number. A batch that came already does nothing. Errors: EPOCH, another life of the log; GONE, the
-- sender's records have expired.
local log = redis.call('HMGET', KEYS[1], 'epoch', 'head', 'mark', 'bytes')
if log[1] ~= ARGV[1] then return redis.error_reply('EPOCH the log has begun anew') end
local batch = tonumber(redis.call('HGET', KEYS[2], 'batch') or nil)
if not batch then return redis.error_reply('GONE the records have expired') end
if batch >= tonumber(ARGV[2]) then return log[2] end
local time = redis.call('TIME')
local number = math.max(time[1] * 1000000 + time[2], tonumber(log[2]) + 1)
local count = #KEYS - 2
local head = string.format('%.0f', number + count - 1)
-- The first write: a Redis that is full refuses it, and nothing has happened.
redis.call('HSET', KEYS[2], 'batch', ARGV[2])
local bytes = tonumber(log[4])
for index = 1, count do
  local channel, message = ARGV[index * 2 + 4], ARGV[index * 2 + 5]
  local text = string.format('%.0f', number + index - 1)
  redis.call('XADD', KEYS[index + 2], text .. '-0', 'c', channel, 'm', message)
  local place = ARGV[1] .. '.' .. text
  redis.call('PUBLISH', channel, message .. string.char(0xd9, #place) .. place)
  -- 48: what an entry costs beside its contents, about.
  bytes = bytes + #channel + #message + 48
end
if bytes > tonumber(ARGV[3]) then
  -- The half before the last turn goes, and what came since is the older half now.
  redis.call('HSET', KEYS[1], 'head', head, 'floor', log[3], 'mark', head, 'bytes', 0)
  local first = string.format('%.0f', tonumber(log[3]) + 1)
  for stream = 0, tonumber(ARGV[5]) - 1 do redis.call('XTRIM', ARGV[4] .. stream, 'MINID', '~', first) end
else
  redis.call('HSET', KEYS[1], 'head', head, 'bytes', bytes)
end
return head
