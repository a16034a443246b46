import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAddParams } from './add-params.ts'

const read = (query: string) => readAddParams(new URLSearchParams(query), { maxOrigins: 1 })

test('without parameters it is what ipfs-cluster does by default', () => {
  const { pin, ...params } = read('')
  assert.deepEqual(params, {
    format: 'unixfs',
    streams: true,
    import: {
      wrapWithDirectory: false,
      layout: 'balanced',
      chunker: 'size-262144',
      rawLeaves: false,
      cidVersion: 0,
      hash: 'sha2-256',
      progress: false,
    },
  })
  assert.deepEqual(pin?.options, {
    mode: 'recursive',
    replicationMin: -1,
    replicationMax: -1,
    shardSize: 0,
    pinUpdate: null,
  })
})

test('what the Go client always sends changes nothing', () => {
  const sent =
    'chunker=size-262144&cid-version=0&format=&hash=sha2-256&hidden=false&layout=&local=false&mode=recursive&name=&no-pin=false&nocopy=false&progress=false&raw-leaves=false&recursive=true&replication-max=0&replication-min=0&shard=false&shard-size=0&stream-channels=true&user-allocations=&wrap-with-directory=false'
  assert.deepEqual(read(sent), read(''))
})

test('what the JavaScript client sends under names that ipfs-cluster does not know is ignored', () => {
  assert.deepEqual(read('wrap=true&no-copy=true'), read(''))
})

test('the mode and the pin to take options from have no effect', () => {
  const other = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'
  assert.deepEqual(read(`mode=direct&pin-update=${other}`), read(''))
})

test('version 1 means raw leaves unless they are refused, and another hash means version 1', () => {
  const importOf = (query: string) => {
    const { cidVersion, rawLeaves } = read(query).import
    return [cidVersion, rawLeaves]
  }
  assert.deepEqual(importOf('cid-version=1'), [1, true])
  assert.deepEqual(importOf('cid-version=1&raw-leaves=false'), [1, false])
  assert.deepEqual(importOf('raw-leaves=T'), [0, true])
  assert.deepEqual(importOf('hash=blake3'), [1, true])
})

test('hashes and chunkers that Kubo takes and the scanner checks are accepted', () => {
  for (const hash of ['sha1', 'SHA2-512', 'sha3', 'keccak-256', 'blake2b-160', 'blake2b-512', 'blake2s-256'])
    assert.equal(read(`hash=${hash}`).import.hash, hash.toLowerCase())
  for (const chunker of [
    'default',
    'buzhash',
    'size-1',
    'size-2096896',
    'rabin',
    'rabin-48',
    'rabin-16-17-2096896',
  ])
    assert.equal(read(`chunker=${chunker}`).import.chunker, chunker)
})

test('hashes and chunkers that would fail later are refused', () => {
  const hashes = ['md5', 'identity', 'blake2b-152', 'blake2b-161', 'blake2b-520', 'blake2s-264']
  const sizes = ['size', 'size-', 'size--1', 'size-1.5', 'size-0', 'size-2096897', 'buzhash-1', 'nonsense']
  const rabins = ['15-16-17', '47', '1-2', '100-100-200', '100-200-2096897', '1500000'].map(
    text => `rabin-${text}`,
  )
  for (const [name, values] of Object.entries({ hash: hashes, chunker: [...sizes, ...rabins] }))
    for (const value of values) {
      const refusal = { statusCode: 400, message: new RegExp(`^parameter ${name} invalid: `) }
      assert.throws(() => read(`${name}=${value}`), refusal, value)
    }
})

test('with no-pin nothing is to be pinned, and its options are checked all the same', () => {
  assert.equal(read('no-pin=true').pin, undefined)
  assert.throws(() => read('no-pin=true&replication=x'), { statusCode: 400 })
})

test('a bad value is told with 400 that names the parameter', () => {
  const flags = ['local', 'recursive', 'hidden', 'wrap-with-directory', 'no-pin', 'progress', 'raw-leaves']
  const cases: Record<string, RegExp> = {
    ...Object.fromEntries(flags.map(name => [`${name}=y`, new RegExp(`^parameter ${name} invalid$`)])),
    'stream-channels=maybe': /^parameter stream-channels invalid$/,
    'cid-version=2': /^parameter cid-version invalid$/,
    'cid-version=0&hash=blake3': /^parameter cid-version invalid: CIDv0 only supports sha2-256$/,
    'shard=true': /^parameter shard invalid: /,
    'nocopy=true': /^parameter nocopy invalid: /,
    'format=zip': /^format parameter is invalid$/,
    'layout=flat': /^layout parameter is invalid$/,
    'format=car&wrap-with-directory=true': /^cannot wrap a CAR file upload$/,
    'format=car&no-pin=true': /^parameter no-pin invalid: /,
    'replication-min=x': /^parameter replication-min invalid$/,
    'expire-in=1ms': /^expire-in duration too short$/,
    'origins=nonsense': /^error decoding multiaddress/,
  }
  for (const [query, message] of Object.entries(cases))
    assert.throws(() => read(query), { statusCode: 400, message }, query)
})
