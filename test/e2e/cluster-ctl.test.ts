import assert from 'node:assert/strict'
import { after, before, suite } from 'node:test'
import { testAddCommands } from './cluster-ctl/add-commands.ts'
import { type CtlPipeline, startCtlPipeline } from './cluster-ctl/ctl-pipeline.ts'
import { testListCommands } from './cluster-ctl/list-commands.ts'
import { testPeerCommands } from './cluster-ctl/peer-commands.ts'
import { testPinCommands } from './cluster-ctl/pin-commands.ts'
import { testPinOptions } from './cluster-ctl/pin-options.ts'

/*
 * All of the real ipfs-cluster-ctl in one process, so that it is built once where it is not built yet.
 * It sleeps a second after each pin and unpin: the tests run beside each other, each with contents of its own.
 */
/** One test adds what is no CAR: a stream says so in its trailer, which is an error to the Go client, too. */
const isAskedFor = /^POST \/add\?.* the stream ended with: bad-car/

const beside = { concurrency: 6 }

suite('against a Pickup that fetches', beside, () => {
  let running: CtlPipeline
  before(
    async () => {
      running = await startCtlPipeline()
    },
    { timeout: 900_000 },
  )
  after(async () => {
    await running[Symbol.asyncDispose]()
    const problems = running.proxy.problems().filter(problem => !isAskedFor.test(problem))
    assert.deepEqual(problems, [], 'the Go client can read every answer')
  })
  testPinCommands(() => running)
  testPinOptions(() => running)
  testAddCommands(() => running)
  testPeerCommands(() => running)
})

suite('against a Pickup whose contents are put into their states', () => {
  let running: CtlPipeline
  before(
    async () => {
      running = await startCtlPipeline({ services: ['gateway'] })
    },
    { timeout: 900_000 },
  )
  after(async () => {
    await running[Symbol.asyncDispose]()
    assert.deepEqual(running.proxy.problems(), [], 'the Go client can read every answer')
  })
  testListCommands(() => running)
})
