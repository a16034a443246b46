import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { buildCar, buildTree, flipBits } from '#libs/car/testing/build-car.ts'
import { createCliUser } from './testing/cli-user.ts'

const timeout = 60_000
const dag = buildTree({ leaves: 40, leafBytes: 10_000 })
const car = buildCar(dag)
const root = dag.root.toString()
const [, lost] = dag.blocks

/** A folder with these CARs. */
async function createFolder(cars: Record<string, Uint8Array>) {
  const user = await createCliUser()
  for (const [name, bytes] of Object.entries(cars)) await writeFile(user.at(name), bytes)
  return user
}

test('a whole DAG is valid, and is described', { timeout }, async () => {
  await using user = await createFolder({ 'whole.car': car })
  const file = user.at('whole.car')
  const { exitCode, stdout } = await user.run(['verify', file, '--root', root])
  assert.equal(exitCode, 0)
  assert.match(stdout, new RegExp(`^valid +yes.*\nroot +${root}\nCAR +bagbaiera\\w+\nCAR size .*\n`))
  const [found] = await user.json<Record<string, unknown>>(['verify', file])
  const { carCid, ...facts } = found ?? {}
  assert.match(String(carCid), /^bagbaiera/)
  assert.deepEqual(facts, {
    file,
    valid: true,
    root,
    bytes: car.length,
    blocks: dag.blocks.length,
    dagBytes: dag.blocks.reduce((sum, { bytes }) => sum + bytes.length, 0),
    rawBytes: 400_000,
  })
})

test('blocks may come in any order, from a file or from stdin', { timeout }, async () => {
  await using user = await createFolder({
    'turned.car': buildCar({ ...dag, blocks: dag.blocks.toReversed() }),
  })
  assert.equal((await user.run(['verify', user.at('turned.car')])).exitCode, 0)
  const fromStdin = await user.run(['verify', '-'], { stdin: car })
  assert.equal(fromStdin.exitCode, 0, fromStdin.stderr)
})

test('what is not valid is told with its reason, and exits with 1', { timeout }, async () => {
  await using user = await createFolder({
    'short.car': buildCar({ ...dag, blocks: dag.blocks.filter(block => block !== lost) }),
    'damaged.car': flipBits(car, car.length - 1),
    'cut.car': car.subarray(0, -100),
    'text.car': Buffer.from('this is no CAR'),
    'whole.car': car,
  })
  const failureOf = async (name: string, ...args: string[]) => {
    const [found] = await user.json<{ valid: boolean; failure: { code: string; missingCids: string[] } }>(
      ['verify', user.at(name), ...args],
      1,
    )
    assert.equal(found?.valid, false)
    return [found.failure.code, found.failure.missingCids]
  }
  assert.deepEqual(await failureOf('short.car'), ['dag-incomplete', [lost?.cid.toString()]])
  assert.deepEqual(await failureOf('damaged.car'), ['bad-block', []])
  assert.deepEqual(await failureOf('cut.car'), ['bad-car', []])
  assert.deepEqual(await failureOf('text.car'), ['bad-car', []])
  assert.deepEqual(await failureOf('whole.car', '--root', String(lost?.cid)), ['wrong-root', []])
  const { stdout } = await user.run(['verify', user.at('short.car')])
  assert.match(
    stdout,
    new RegExp(
      `^valid +no: .*\nfailure +dag-incomplete\n.*Provide the missing CIDs.*\nmissing +${lost?.cid.toString()}`,
      's',
    ),
  )
})

test('a file that is not there, and a root that is no CID, are errors of the command line', {
  timeout,
}, async () => {
  await using user = await createFolder({ 'whole.car': car })
  for (const [args, message] of [
    [[user.at('none.car')], /none\.car cannot be read: ENOENT/],
    [[user.home], /is no file/],
    [[user.at('whole.car'), '--root', 'x'], /--root must be a CID, not "x"/],
    [[], /a CAR file is missing/],
  ] as const) {
    const { exitCode, stderr } = await user.run(['verify', ...args])
    assert.equal(exitCode, 2, stderr)
    assert.match(stderr, message)
  }
})
