import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import * as events from './index.ts'

const folder = new URL('samples/', import.meta.url)
const definitions = Object.values(events).filter(value => typeof value === 'object')
const sampleName = ({ subject, v }: { subject: string; v: number }) =>
  `${subject.replace('.', '-')}.v${v}.json`

for (const file of await readdir(folder)) {
  test(`the stored sample ${file} is still readable`, async () => {
    const body = await readFile(new URL(file, folder))
    const definition = definitions.find(event => file === sampleName(event))
    assert.ok(definition, `no event is defined for ${file}`)
    assert.deepEqual(definition.decode(body), JSON.parse(body.toString()))
  })
}

test('every event version has a sample', async () => {
  assert.deepEqual(new Set(await readdir(folder)), new Set(definitions.map(sampleName)))
})
