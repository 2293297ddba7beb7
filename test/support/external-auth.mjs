#!/usr/bin/env node
// An authentication program: packets with two bytes of length come in, and for each two bytes of answer go out. Everybody's
// password is `pw-NAME`. Whoever is called `crash` ends it; `stuck` gets no answer; `babble` gets two answers.
let held = Buffer.alloc(0)

function answer(isYes) {
  process.stdout.write(Buffer.from([0, 2, 0, isYes ? 1 : 0]))
}

function take(text) {
  const [verb, user, , ...rest] = text.split(':')
  const password = rest.join(':')
  if (user === 'crash') process.exit(1)
  if (user === 'stuck') return
  if (user === 'babble') process.stdout.write(Buffer.from([0, 2, 0, 1, 0, 2, 0, 1]))
  else if (verb === 'auth') answer(password === `pw-${user}`)
  else if (verb === 'isuser') answer(!user.startsWith('no'))
  else answer(!user.startsWith('taken'))
}

process.stdin.on('data', (bytes) => {
  held = Buffer.concat([held, bytes])
  while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
    const length = held.readUInt16BE(0)
    take(held.subarray(2, 2 + length).toString())
    held = held.subarray(2 + length)
  }
})
process.stdin.on('end', () => process.exit(0))
