import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readBoundary } from './multipart-boundary.ts'

test('the boundary is found with and without quotes, among other parameters', () => {
  const boundaries = {
    'multipart/form-data; boundary=XX': 'XX',
    'multipart/form-data; charset=utf-8; boundary="a b:c"': 'a b:c',
    'Multipart/Form-Data;Boundary=----formdata-undici-0123': '----formdata-undici-0123',
    'multipart/mixed; boundary=XX; x=y': 'XX',
  }
  for (const [type, boundary] of Object.entries(boundaries)) assert.equal(readBoundary(type), boundary, type)
})

test('what is no multipart body, or has no usable boundary, is refused with 400', () => {
  const refusals: [string | undefined, RegExp][] = [
    [undefined, /isn't multipart/],
    ['application/json', /isn't multipart/],
    ['multipart/form-datax; boundary=b', /isn't multipart/],
    ['multipart/form-data', /no multipart boundary/],
    ['multipart/form-data; boundary=', /no multipart boundary/],
    ['multipart/form-data; boundary=""', /no multipart boundary/],
    [`multipart/form-data; boundary=${'b'.repeat(71)}`, /longer or stranger/],
    ['multipart/form-data; boundary="a\\"b"', /longer or stranger/],
    ['multipart/form-data; boundary="a "', /longer or stranger/],
  ]
  for (const [type, message] of refusals)
    assert.throws(() => readBoundary(type), { statusCode: 400, message })
})
