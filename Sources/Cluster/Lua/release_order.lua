-- Ends a claim, if it is still this driver's.
-- KEYS: claim. ARGV: driver.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
