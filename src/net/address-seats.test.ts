import { expect, it } from 'vitest'
import { AddressSeats } from './address-seats.ts'

it('an address has so many seats and gets them back', () => {
  const seats = new AddressSeats<object>()
  seats.max = 2
  const [one, two, three] = [{}, {}, {}]
  expect([one, two, three].map((owner) => seats.take(owner, '192.0.2.1'))).toEqual([true, true, false])
  expect(seats.take(three, '192.0.2.2')).toBe(true)
  seats.leave(one)
  seats.leave(one)
  expect([{}, {}].map((owner) => seats.take(owner, '192.0.2.1'))).toEqual([true, false])
})
