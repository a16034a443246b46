import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { ConfigError, readConfig } from './index.ts'

const schema = Type.Object({
  PORT: Type.Integer({ minimum: 1, maximum: 65_535, default: 9094 }),
  URL: Type.String({ pattern: '^nats://' }),
  DEBUG: Type.Boolean({ default: false }),
  LEVEL: Type.Enum(['info', 'warn'], { default: 'info' }),
  USER: Type.Optional(Type.String()),
})
const refusal = (env: NodeJS.ProcessEnv) => {
  try {
    readConfig(schema, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return assert.fail('the settings were accepted')
}

test('text becomes the declared types and defaults fill the gaps', () => {
  const config = readConfig(schema, { URL: 'nats://x', DEBUG: 'true', PORT: '80', OTHER: 'ignored' })
  assert.deepEqual(config, { URL: 'nats://x', DEBUG: true, PORT: 80, LEVEL: 'info' })
})

test('an empty variable counts as not set', () => {
  assert.equal(readConfig(schema, { URL: 'nats://x', PORT: '' }).PORT, 9094)
})

test('every bad setting is named with its rule, and none falls back to its default', () => {
  assert.equal(refusal({}), 'bad settings: URL is required')
  const message = refusal({ URL: 'http://x', PORT: '70000', DEBUG: 'maybe', LEVEL: 'loud' })
  assert.match(message, /URL must match pattern/)
  assert.match(message, /PORT must be <= 65535 \(got "70000"\)/)
  assert.match(message, /DEBUG must be boolean/)
  assert.match(message, /LEVEL/)
  assert.match(refusal({ URL: 'nats://x', PORT: '80a' }), /PORT must be integer/)
})
