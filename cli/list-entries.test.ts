import assert from 'node:assert/strict'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTestFolder } from '#deploy/local/test-folder.ts'
import { listEntries } from './list-entries.ts'

const timeout = 5_000
const names = async (path: string, hidden = false) =>
  (await listEntries(path, 'top', { hidden })).map(({ name, kind, sizeBytes }) => [name, kind, sizeBytes])

test('a directory comes before what is in it, in the order of the names', { timeout }, async () => {
  await using folder = await createTestFolder()
  await mkdir(join(folder.path, 'b/empty'), { recursive: true })
  for (const file of ['c', 'b/ü', '.secret']) await writeFile(join(folder.path, file), 'text')
  const visible = [
    ['top', 'directory', 0],
    ['top/b', 'directory', 0],
    ['top/b/empty', 'directory', 0],
    ['top/b/ü', 'file', 4],
    ['top/c', 'file', 4],
  ]
  assert.deepEqual(await names(folder.path), visible)
  assert.deepEqual(await names(folder.path, true), visible.toSpliced(1, 0, ['top/.secret', 'file', 4]))
  assert.deepEqual(await names(join(folder.path, 'c')), [['top', 'file', 4]])
})

test('a link is refused by its name', { timeout }, async () => {
  await using folder = await createTestFolder()
  await symlink('/etc', join(folder.path, 'link'))
  await assert.rejects(names(folder.path), {
    kind: 'usage',
    message: /link is neither a file nor a directory/,
  })
})
