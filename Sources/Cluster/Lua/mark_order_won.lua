-- The fencing number of a committed win, and the end of the winner's claim.
-- KEYS: claim, won marker. ARGV: driver, version of the order since the win, marker's TTL in ms.
-- An older win that comes late does not overwrite a newer one.
local won = redis.call('GET', KEYS[2])
local known = won and tonumber(string.match(won, '^(%d+) ')) or -1
if tonumber(ARGV[2]) > known then
  redis.call('SET', KEYS[2], ARGV[2] .. ' ' .. ARGV[1], 'PX', ARGV[3])
end
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return 0
