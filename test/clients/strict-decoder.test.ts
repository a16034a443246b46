import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type DocumentKind, decodeProblems } from './strict-decoder.ts'

const peer = '12D3KooWJG6MNNsYc3ps2tzonT6TYAFUVJcw7Yvae1qdsG1vQ2TY'
const cid = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'

const entry = {
  peername: 'pickup',
  ipfs_peer_id: peer,
  ipfs_peer_addresses: [`/ip4/127.0.0.1/tcp/4001/p2p/${peer}`],
  status: 'pinned',
  timestamp: '2026-11-21T09:34:57Z',
  error: '',
  attempt_count: 0,
  priority_pin: false,
}
const status = {
  cid,
  name: 'a',
  allocations: [peer],
  origins: ['/dns4/example.org/tcp/4001'],
  created: '2026-11-21T09:34:57.123456789+01:00',
  metadata: { key: 'value' },
  peer_map: { [peer]: entry },
}

/** Replaces the value at a path such as `peer_map.*.status`, where `*` is the only key. */
function withValue(document: object, path: string, value: unknown): object {
  const [first = '', ...rest] = path.split('.')
  const key = first === '*' ? Object.keys(document)[0]! : first
  const copy: Record<string, unknown> = { ...document }
  copy[key] = rest.length > 0 ? withValue(copy[key] as object, rest.join('.'), value) : value
  return copy
}

const problems = (kind: DocumentKind, document: object) => decodeProblems(kind, JSON.stringify(document))

const refused: [what: string, path: string, value: unknown][] = [
  ['an empty CID', 'cid', ''],
  ['a damaged CID', 'cid', `${cid}a`],
  ['a CIDv0 with a multibase prefix', 'cid', 'zQmPZ9gcCEpqKTo6aq61g2nXGUhM4iCL3ewB6LDXZCtioEB'],
  ['a CID that is no string', 'cid', 7],
  ['an invented peer name among allocations', 'allocations', ['peer-1']],
  ['null among peer ids', 'allocations', [null]],
  ['an empty peer id', 'peer_map.*.ipfs_peer_id', ''],
  ['a CID of another codec as a peer id', 'peer_map.*.ipfs_peer_id', cid],
  ['an empty multiaddr', 'origins', ['']],
  ['null among multiaddrs', 'origins', [null]],
  ['a damaged multiaddr', 'origins', ['/ip4/300.0.0.1/tcp/1']],
  ['a multiaddr with a damaged peer id', 'origins', [`/ip4/127.0.0.1/tcp/1/p2p/${peer}x`]],
  ['an empty time', 'created', ''],
  ['a time without a zone', 'created', '2026-11-21T09:34:57'],
  ['a time as a number', 'created', 1_795_253_725],
  ['30 February', 'created', '2026-02-30T00:00:00Z'],
  ['an array in metadata', 'metadata', { delegates: [] }],
  ['a number in metadata', 'metadata', { size: 1 }],
  ['metadata that is an array', 'metadata', []],
  ['attempts as text', 'peer_map.*.attempt_count', '1'],
  ['attempts as a fraction', 'peer_map.*.attempt_count', 1.5],
  ['a status that is no string', 'peer_map.*.status', 3],
  ['a flag as a number', 'peer_map.*.priority_pin', 0],
  ['a peer map that is an array', 'peer_map', [entry]],
]

suite('what the Go client would refuse is found', () => {
  for (const [what, path, value] of refused)
    test(what, () => assert.equal(problems('globalPinInfo', withValue(status, path, value)).length, 1))

  test('integers that Go reads as floats', () => {
    assert.deepEqual(decodeProblems('pin', '{"max_depth":-1.0}'), ['pin.max_depth is not an integer: -1.0'])
    assert.deepEqual(decodeProblems('metrics', '[{"expire":1.7e18}]'), [
      'metrics[0].expire is not an integer: 1.7e18',
    ])
    assert.deepEqual(decodeProblems('pin', '{"shard_size":-1}'), ['pin.shard_size is not a uint: -1'])
  })

  test('a key that Go takes for another one', () =>
    assert.deepEqual(problems('globalPinInfo', { ...status, Cid: 'any' }), [
      'globalPinInfo.Cid is taken for cid',
    ]))

  test('an array where an object belongs', () => assert.equal(problems('pin', []).length, 1))
  test('a text that is no JSON', () => assert.equal(decodeProblems('version', '{"version":').length, 1))
  test('two documents in one', () => assert.equal(decodeProblems('version', '{}\n{}').length, 1))
})

suite('what the Go client takes is taken', () => {
  test('a whole status', () => assert.deepEqual(problems('globalPinInfo', status), []))
  test('keys that it does not know, of any type', () =>
    assert.deepEqual(problems('globalPinInfo', { ...status, receipt: { blocks: 1.5 }, failure: [] }), []))
  test('missing keys', () => assert.deepEqual(problems('pin', {}), []))
  test('null in every place but inside arrays of ids and addresses', () => {
    for (const key of Object.keys(status))
      assert.deepEqual(problems('globalPinInfo', withValue(status, key, null)), [], key)
    for (const key of Object.keys(entry))
      assert.deepEqual(problems('globalPinInfo', withValue(status, `peer_map.*.${key}`, null)), [], key)
  })
  test('CIDs of both versions in any multibase', () => {
    const cids = ['QmPZ9gcCEpqKTo6aq61g2nXGUhM4iCL3ewB6LDXZCtioEB', 'f01551220'.padEnd(73, '0'), cid]
    for (const text of cids) assert.deepEqual(problems('pin', { cid: text }), [], text)
  })
  test('peer ids in base58 and as a CID', () => {
    const ids = [peer, 'QmPZ9gcCEpqKTo6aq61g2nXGUhM4iCL3ewB6LDXZCtioEB', 'f01721220'.padEnd(73, '0')]
    assert.deepEqual(problems('pin', { allocations: ids }), [])
  })
  test('numbers beyond what JavaScript counts exactly', () =>
    assert.deepEqual(decodeProblems('metrics', '[{"expire":1795253725119431964}]'), []))
})
