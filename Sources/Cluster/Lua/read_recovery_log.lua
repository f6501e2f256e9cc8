-- Reads one page of what lies past a number.
-- KEYS: log, streams. ARGV: life, last number wanted or '' for the log's last, entries and bytes of a page, the number past
-- which each stream is read, then the channels wanted (none: all).
-- Returns {last number wanted, streams read to the end, number up to which the next one was read, then number, channel and
-- message of each entry, stream by stream}. Errors: EPOCH, another life of the log; TRIMMED, not everything is there any more.
local log = redis.call('HMGET', KEYS[1], 'epoch', 'head', 'floor')
if log[1] ~= ARGV[1] then return redis.error_reply('EPOCH the log has begun anew') end
local last = ARGV[2] == '' and log[2] or ARGV[2]
local floor, entries, bytes = tonumber(log[3]), tonumber(ARGV[3]), tonumber(ARGV[4])
local wanted
for index = 4 + #KEYS, #ARGV do
  wanted = wanted or {}
  wanted[ARGV[index]] = true
end
local found = {last, #KEYS - 1, ''}
for index = 2, #KEYS do
  local past = ARGV[index + 3]
  repeat
    if floor > tonumber(past) then return redis.error_reply('TRIMMED entries are gone') end
    if entries <= 0 or bytes <= 0 then
      found[2], found[3] = index - 2, past
      return found
    end
    local page = redis.call('XRANGE', KEYS[index], '(' .. past .. '-0', last .. '-0', 'COUNT', 50)
    entries = entries - #page
    for _, entry in ipairs(page) do
      past = string.match(entry[1], '%d+')
      local channel, message = entry[2][2], entry[2][4]
      if not wanted or wanted[channel] then
        bytes = bytes - #message
        found[#found + 1], found[#found + 2], found[#found + 3] = past, channel, message
      end
    end
  until #page < 50
end
return found
