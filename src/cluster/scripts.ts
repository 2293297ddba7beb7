// What has to happen at once in Redis. All of them work on the hash of nodes; a record is compared as it was written.

/**
 * KEYS: nodes, secrets, bus. ARGV: name, record, prefix of signs of life, run, milliseconds of a sign, protocol.
 * Answers `joined` and the number of others that live; `taken`; or `incompatible`, a node and its protocol.
 */
export const joinScript = `
local others = 0
local known = redis.call('HGETALL', KEYS[1])
for i = 1, #known, 2 do
  if redis.call('EXISTS', ARGV[3] .. known[i]) == 1 then
    if known[i] == ARGV[1] then return {'taken'} end
    local protocol = tostring(cjson.decode(known[i + 1]).protocol)
    if protocol ~= ARGV[6] then return {'incompatible', known[i], protocol} end
    others = others + 1
  end
end
if others == 0 then redis.call('DEL', KEYS[2]) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('SET', ARGV[3] .. ARGV[1], ARGV[4], 'PX', ARGV[5])
redis.call('XADD', KEYS[3], '*', 'opened', '1')
return {'joined', others}
`

/**
 * KEYS: nodes, bus. ARGV: name, record, prefix of signs of life, run, milliseconds of a sign, milliseconds that the bus stays.
 * Answers nil where the node has been given up, else a list: name, record, whether it lives.
 */
export const beatScript = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return false end
redis.call('SET', ARGV[3] .. ARGV[1], ARGV[4], 'PX', ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
local found = {}
local known = redis.call('HGETALL', KEYS[1])
for i = 1, #known, 2 do
  found[#found + 1] = known[i]
  found[#found + 1] = known[i + 1]
  found[#found + 1] = redis.call('EXISTS', ARGV[3] .. known[i])
end
return found
`

/** KEYS: nodes, bus of the dead node. ARGV: its name, its record, prefix of signs of life. Answers 1 where it lives after all. */
export const buryScript = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
if redis.call('EXISTS', ARGV[3] .. ARGV[1]) == 1 then return 1 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2])
return 0
`

/** KEYS: nodes, bus. ARGV: name, record, prefix of signs of life. */
export const leaveScript = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('DEL', ARGV[3] .. ARGV[1])
redis.call('DEL', KEYS[2])
return 1
`
