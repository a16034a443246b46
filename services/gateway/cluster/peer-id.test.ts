import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPeerId } from './peer-id.ts'

const timeout = 5_000
const peer = '12D3KooWJG6MNNsYc3ps2tzonT6TYAFUVJcw7Yvae1qdsG1vQ2TY'
const keyCid = 'k51qzi5uqu5djb5m98s3dz52jkpvp0mvfjh8pvwaig3gdxecbgtndybsps01jj'

test('every form of a peer id becomes its base58', { timeout }, () => {
  assert.equal(readPeerId(peer), peer)
  const qm = 'QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN'
  assert.equal(readPeerId(qm), qm)
  assert.equal(readPeerId(keyCid), peer)
})

test('what is no peer id is none', { timeout }, () => {
  const file = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'
  for (const text of [
    '',
    'x',
    '1',
    '12D3KooW',
    `${peer}x`,
    'Qm',
    '10O',
    file,
    ` ${peer}`,
    `1${'z'.repeat(60_000)}`,
  ])
    assert.equal(readPeerId(text), undefined, text)
})
