import { after, before, suite } from 'node:test'
import { createClusterApi, type Pickups } from './old-pickup/cluster-api.ts'
import { testLists } from './old-pickup/lists.ts'
import { testPins } from './old-pickup/pins.ts'
import { testProtocol } from './old-pickup/protocol.ts'
import { testStatus } from './old-pickup/status.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

/*
 * The old pickup differed from ipfs-cluster in thirty ways that its users met. Each has a test of the same number that
 * says what ours does instead.
 */
suite('what the old pickup did otherwise', () => {
  const pipelines: Pipeline[] = []
  let pickups: Pickups
  before(
    async () => {
      const pipeline = await startPipeline({ settings: { LOCATE_TIMEOUT_MS: '500' } })
      pipelines.push(pipeline)
      const idle = await startPipeline({ services: ['gateway'] })
      pipelines.push(idle)
      pickups = { pipeline, api: createClusterApi(pipeline), idle: createClusterApi(idle) }
    },
    { timeout: 60_000 },
  )
  after(async () => {
    for (const pipeline of pipelines) await pipeline[Symbol.asyncDispose]()
  })

  testProtocol(() => pickups)
  testPins(() => pickups)
  testLists(() => pickups)
  testStatus(() => pickups)
})
