import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Type } from 'typebox'
import { Check } from 'typebox/schema'
import { answerSchemas } from './cluster/answer-schemas.ts'
import { startTestApp, type TestApp } from './testing/test-app.ts'

const timeout = 20_000
const cid = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'

type Operation = {
  tags?: string[]
  summary?: string
  security?: object[]
  parameters?: Parameter[]
  responses: object
}
type Parameter = { in: string; name: string; description?: string }
type Document = { paths: Record<string, Record<string, Operation>>; components: { schemas: object } }

let app: TestApp
let document: Document
before(async () => {
  app = await startTestApp({
    settings: { CLUSTER_RESTAPI_BASICAUTHCREDENTIALS: 'user:secret' },
  })
  document = (await app.app.inject('/openapi.json')).json()
})
after(() => app[Symbol.asyncDispose]())

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )

/** Every route of the server as `GET /pins/{cid}`, from the tree that the router prints. It loses names before a `*`. */
function registeredRoutes(): string[] {
  const parents: string[] = []
  return app.app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap(line => {
      const [, indent = '', part = '', methods] = /^([│ ]*[├└]── )(\S*)(?: \((.*)\))?$/.exec(line) ?? []
      if (part === '') return []
      const depth = indent.length / 4
      parents.splice(depth - 1, Number.POSITIVE_INFINITY, part)
      const path = parents.slice(0, depth).join('').replace(/\*$/, ':path')
      return (methods?.split(', ') ?? []).map(method => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
    })
}

test('the document is valid OpenAPI 3', { timeout }, async () => {
  assert.deepEqual(await new Validator().validate({ ...document }), { valid: true })
  assert.equal((await new Validator().validate({ ...document, paths: { pins: {} } })).valid, false)
})

test('every route is in the document but those of the document itself, of the dashboard, of CORS and of redirects', {
  timeout,
}, () => {
  const hidden = /^(GET \/openapi\.json|GET \/dashboard.*|GET \/docs.*|HEAD \/docs.*|OPTIONS \{path\})$/
  const nameless = (path: string) => path.replace(/\/[^/]+\/\{path\}$/, '{path}')
  const documented = new Set(
    operations().map(({ method, path }) => `${method.toUpperCase()} ${nameless(path)}`),
  )
  const registered = registeredRoutes()
  assert.ok(registered.includes('POST /pins/{cid}'))
  assert.deepEqual(new Set(registered.filter(route => !hidden.test(route))), documented)
})

test('every route has its group, its line and the parameters of its path with their meaning', {
  timeout,
}, () => {
  for (const { path, method, operation } of operations()) {
    const name = `${method} ${path}`
    assert.equal(operation.tags?.length, 1, name)
    assert.match(operation.summary ?? '', /^[^\n]+[^.\n]$/, name)
    const inPath = (operation.parameters ?? []).filter(parameter => parameter.in === 'path')
    assert.deepEqual(
      inPath.map(parameter => parameter.name),
      [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter),
      name,
    )
    // Those of the Pinning Service API are described by its own specification.
    if (path.startsWith('/psa/')) continue
    for (const parameter of inPath) assert.ok(parameter.description, `${name} ${parameter.name}`)
  }
})

test('references lead somewhere', { timeout }, () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)]
  assert.ok(references.length > 10)
  for (const [, name = ''] of references) assert.ok(name in document.components.schemas, name)
})

test('the document says of each route whether it needs credentials', { timeout }, async () => {
  for (const { path, method, operation } of operations()) {
    const isPublic = operation.security?.length === 0
    const url = path.replace(/\{\w+\}/g, cid)
    const { statusCode } = await app.app.inject({ method: method.toUpperCase() as 'GET', url })
    assert.equal(statusCode !== 401, isPublic, `${method} ${path}`)
  }
})

test('answers have the shapes that the document gives them', { timeout }, async () => {
  const headers = { authorization: `Basic ${Buffer.from('user:secret').toString('base64')}` }
  const ask = async (method: 'GET' | 'POST', url: string) =>
    (await app.app.inject({ method, url, headers })).json()
  const pin = await ask('POST', `/pins/${cid}?meta-a=b`)
  assert.ok(Check(answerSchemas.Pin, pin), JSON.stringify(pin))
  const info = await ask('GET', `/pins/${cid}`)
  assert.ok(Check(answerSchemas.GlobalPinInfo, info), JSON.stringify(info))
  await app.failContent(cid)
  const failed = await ask('GET', `/pins/${cid}`)
  const withFailure = Type.Required(answerSchemas.GlobalPinInfo)
  assert.ok(Check(withFailure.properties.failure, failed.failure), JSON.stringify(failed))
  assert.ok(Check(answerSchemas.GlobalPinInfo, failed))
  assert.ok(Check(answerSchemas.Error, await ask('GET', '/nothing')))
})

test('the page is public and loads nothing from elsewhere', { timeout }, async () => {
  const page = await app.app.inject('/docs')
  assert.equal(page.statusCode, 200)
  assert.match(String(page.headers['content-type']), /^text\/html/)
  assert.doesNotMatch(page.body, /https?:/)
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'; script-src 'self';/)
  const loaded = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '')
  assert.ok(loaded.length > 3)
  for (const url of [...loaded, '/docs/json']) assert.equal((await app.app.inject(url)).statusCode, 200, url)
})
