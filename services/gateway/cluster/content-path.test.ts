import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readContentPath } from './content-path.ts'

const timeout = 5_000
const v0 = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'
const v1 = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354'
const refuses = (namespace: string, rest: string, message: RegExp) =>
  assert.throws(() => readContentPath(namespace, rest), { statusCode: 400, message }, rest)

test('a path of nothing but a root needs no resolving', { timeout }, () => {
  for (const namespace of ['ipfs', 'ipld'])
    for (const rest of [v0, `${v0}/`, `./${v0}`, `${v0}/a/..`])
      assert.deepEqual(
        readContentPath(namespace, rest),
        { path: `/${namespace}/${v0}`, root: { cid: v1, sentCid: v0 } },
        rest,
      )
})

test('a path below a root is cleaned', { timeout }, () => {
  for (const [rest, path] of [
    [`${v1}/a/b`, `/ipfs/${v1}/a/b`],
    [`${v1}//a/./b/`, `/ipfs/${v1}/a/b`],
    [`${v1}/a/../ü b/100%.txt`, `/ipfs/${v1}/ü b/100%.txt`],
    [`${v1}/a?b#c`, `/ipfs/${v1}/a?b#c`],
  ] as const)
    assert.deepEqual(readContentPath('ipfs', rest), { path, root: undefined })
})

test('a name is left to the resolver', { timeout }, () => {
  assert.deepEqual(readContentPath('ipns', 'example.org'), { path: '/ipns/example.org', root: undefined })
  assert.deepEqual(readContentPath('ipns', 'k51/a'), { path: '/ipns/k51/a', root: undefined })
})

test('a path that climbs out of its root has to lead to another one', { timeout }, () => {
  assert.deepEqual(readContentPath('ipfs', `${v0}/../${v1}/a`), { path: `/ipfs/${v1}/a`, root: undefined })
  refuses('ipfs', `${v0}/..`, /path does not have enough components$/)
  refuses('ipfs', '../../..', /path does not have enough components$/)
  refuses('ipfs', '../etc/passwd', /unknown namespace: "etc"$/)
})

test('a path without a root, or with one that is no CID, is refused as in ipfs-cluster', { timeout }, () => {
  refuses('ipfs', '', /^error parsing path: invalid path "\/ipfs\/": path does not have enough components$/)
  refuses('ipns', '/', /path does not have enough components$/)
  refuses('ipfs', 'notacid', /^error parsing path: invalid path "\/ipfs\/notacid": "notacid" is not a CID/)
  refuses('ipld', `${v0}x/a`, /^error parsing path: invalid path/)
})
