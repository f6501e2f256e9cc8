-- Begins to use the log, and tells which life of it this is. A new life begins where the keys are gone, where another
-- Redis process than the one that wrote them answers (it may have come back with older data), and where the caller gives
-- the present one up.
-- KEYS: log, nodes, the caller's records. ARGV: master_replid of the process, name for a new life, life given up or '',
-- the caller, milliseconds that records outlive their node's last beat.
-- Returns {life, number at which it began, last number, 1 = the caller's records are those of before}.
local log = redis.call('HMGET', KEYS[1], 'epoch', 'server', 'start', 'head')
local time = redis.call('TIME')
if not log[1] or log[2] ~= ARGV[1] or log[1] == ARGV[3] then
  local head = string.format('%.0f', math.max(time[1] * 1000000 + time[2], (tonumber(log[4]) or 0) + 1))
  redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'server', ARGV[1], 'start', head, 'head', head, 'floor', head,
    'mark', head, 'bytes', 0)
  log = {ARGV[2], ARGV[1], head, head}
end
local known = redis.call('EXISTS', KEYS[3])
if known == 0 then redis.call('HSET', KEYS[3], 'batch', 0, 'writes', 0, 'confirmed', 0) end
redis.call('PEXPIRE', KEYS[3], ARGV[5])
redis.call('ZADD', KEYS[2], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[4])
return {log[1], log[3], log[4], known}
