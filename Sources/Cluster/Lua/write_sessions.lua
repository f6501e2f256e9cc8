-- Writes records of a node's sessions, of which each is with one node alone.
-- KEYS: the node's records, log. ARGV: batch (rising for each node), what stands in records for the log's last number (16
-- characters, as it has), then for each session: what, pid, record.
-- What: C, a new one; N, a new one whose connection has ended; U, where it still is with this node; E, the same for one whose
-- connection has ended; D, forget it.
-- A live session's record begins with L, an ended one's with E and the time in 13 digits of milliseconds, one that has just
-- been taken over with T: see claim_session.lua.
-- Returns the log's last number, then the pids that are not with this node any more. A batch that came already does nothing.
-- Error: GONE, the records have expired.
local batch = tonumber(redis.call('HGET', KEYS[1], 'writes') or nil)
if not batch then return redis.error_reply('GONE the records have expired') end
local head = redis.call('HGET', KEYS[2], 'head') or '0'
local found = {head}
if batch >= tonumber(ARGV[1]) then return found end
local time = redis.call('TIME')
local now = string.format('%013.0f', time[1] * 1000 + math.floor(time[2] / 1000))
-- The first write: a Redis that is full refuses it, and nothing has happened.
redis.call('HSET', KEYS[1], 'writes', ARGV[1])
local digits = string.format('%016.0f', tonumber(head))
for index = 3, #ARGV, 3 do
  local what, pid, record = ARGV[index], ARGV[index + 1], string.gsub(ARGV[index + 2], ARGV[2], digits)
  if what == 'D' then
    redis.call('HDEL', KEYS[1], pid)
  elseif what == 'C' or what == 'N' or redis.call('HEXISTS', KEYS[1], pid) == 1 then
    redis.call('HSET', KEYS[1], pid, ((what == 'E' or what == 'N') and 'E' .. now or 'L') .. record)
  else
    found[#found + 1] = pid
  end
end
return found
