import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import * as events from './index.ts'

const folder = new URL('samples/', import.meta.url)
const definitions = Object.values(events).filter(value => typeof value === 'object')
const versionName = ({ subject, v }: { subject: string; v: number }) => `${subject.replace('.', '-')}.v${v}`
/** A field that was added to a version has a sample of its own: `<event>.v<version>.<field>.json`. */
const versionOf = (file: string) => file.replace(/(\.v\d+)(\..+)?\.json$/, '$1')

for (const file of await readdir(folder)) {
  test(`the stored sample ${file} is still readable`, async () => {
    const body = await readFile(new URL(file, folder))
    const definition = definitions.find(event => versionOf(file) === versionName(event))
    assert.ok(definition, `no event is defined for ${file}`)
    assert.deepEqual(definition.decode(body), JSON.parse(body.toString()))
  })
}

test('every event version has a sample', async () => {
  const files = await readdir(folder)
  for (const event of definitions) assert.ok(files.includes(`${versionName(event)}.json`), event.subject)
})
