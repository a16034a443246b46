import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeats } from './seats.ts'

const timeout = 5_000

test('a token gets a quarter of the seats, and what it gives back is free again', { timeout }, () => {
  const take = createSeats({ count: 8, what: 'streams' })
  const seats = [take('a'), take('a')]
  assert.throws(() => take('a'), { statusCode: 429, message: /2 streams/ })
  seats[0]?.[Symbol.dispose]()
  take('a')
  assert.throws(() => take('a'), { statusCode: 429 })
})

test('when all seats are taken the next token is told to come later', { timeout }, () => {
  const take = createSeats({ count: 4, what: 'streams' })
  const seats = ['a', 'b', 'c', 'd'].map(take)
  assert.throws(() => take('e'), { statusCode: 503 })
  seats[3]?.[Symbol.dispose]()
  take('e')
})
