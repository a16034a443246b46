import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rememberAnswer } from './remember-answer.ts'

const timeout = 5_000

test('an answer is remembered for its time, and those who ask meanwhile share it', { timeout }, async t => {
  let asked = 0
  t.mock.method(performance, 'now', () => now)
  let now = 1_000
  const ask = rememberAnswer(async () => ++asked, 3_000)
  assert.equal(ask(), ask())
  assert.equal(await ask(), 1)
  now = 3_999
  assert.equal(await ask(), 1)
  now = 4_000
  assert.equal(ask(), ask())
  assert.equal(await ask(), 2)
})

test('who asks while an answer is late waits for it, and causes no second question', { timeout }, async t => {
  let now = 0
  t.mock.method(performance, 'now', () => now)
  const answers: PromiseWithResolvers<string>[] = []
  const ask = rememberAnswer(() => {
    const answer = Promise.withResolvers<string>()
    answers.push(answer)
    return answer.promise
  }, 1_000)
  const first = ask()
  now = 60_000
  const second = ask()
  assert.equal(answers.length, 1)
  answers[0]?.reject(new Error('away'))
  await assert.rejects(Promise.all([first, second]), /away/)
  const third = ask()
  answers[1]?.resolve('back')
  assert.equal(await third, 'back')
})
