import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileNameOf, readPartHeaders } from './part-headers.ts'

const nameIn = (disposition: string) => fileNameOf(readPartHeaders(`Content-Disposition: ${disposition}`))

test('the file name is the last part of the path, decoded', () => {
  const names = {
    'form-data; name="file"; filename="a.car"': 'a.car',
    'form-data; name="file"; filename="dir%2Fa+b.car"': 'a b.car',
    'form-data; filename=plain.car; name="file"': 'plain.car',
    'form-data; filename="with \\"quotes\\".car"': 'with "quotes".car',
    'form-data; filename="100%.car"': '100%.car',
    'form-data; filename="/dir/"': 'dir',
    'form-data; filename=""': '',
    'form-data; name="file"': '',
  }
  for (const [disposition, name] of Object.entries(names))
    assert.equal(nameIn(disposition), name, disposition)
  assert.equal(fileNameOf(new Map()), '')
})

test('headers are found by lower-case name, over several lines, the first of each', () => {
  const headers = readPartHeaders('Content-Type: a/b;\r\n  c=d\r\nCONTENT-TYPE: e/f\r\n')
  assert.deepEqual([...headers], [['content-type', 'a/b; c=d']])
})
