-- A short claim on an order, so that of many acceptors one asks PostgreSQL at a time.
-- KEYS: claim, won marker. ARGV: driver, version of the driver's newest offer or '', claim's TTL in ms.
-- Returns 0 = claimed, -1 = somebody else's claim stands, n > 0 = won by somebody else at version n, after that offer.
local won = redis.call('GET', KEYS[2])
if won and ARGV[2] ~= '' then
  local version, driver = string.match(won, '^(%d+) (.*)$')
  version = tonumber(version)
  if driver ~= ARGV[1] and version > tonumber(ARGV[2]) then
    return version
  end
end
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[3]) then
  return 0
end
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return 0
end
return -1
