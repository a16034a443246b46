import { buildCar, buildTree, joinBytes } from '#libs/car/testing/build-car.ts'
import { addLeafOf, dropLastBlock, flipBitInLeaf, nameRoot, openCar, type Section } from './car-surgery.ts'
import type { Tamper, TamperedCar } from './tampering-proxy.ts'

/** How a CAR is damaged, and the code of the failure that this is. */
export type Damage = { what: string; tamper: Tamper; code: string }

/** What boxo's gateway appends to a CAR that it cannot complete (boxo gateway/handler_car.go). */
const marker = '\n\n[Gateway Error: CAR stream truncated, response is incomplete]'

/** A complete DAG that nobody asked for. */
const otherDag = buildTree({ leaves: 5, leafBytes: 900, seed: 4_000 })
const otherRoot = otherDag.root.toString()
const otherCar = buildCar(otherDag)

/** Cuts where `where` says; `last` is the section of the last leaf. */
const cut =
  (
    where: (last: Section, headerEnd: number, end: number) => number,
    rest: Omit<TamperedCar, 'body'> = {},
  ): Tamper =>
  async car => {
    const { lastSection, headerEnd } = await openCar(car)
    return { body: car.subarray(0, where(lastSection, headerEnd, car.length)), ...rest }
  }

/** What goes wrong on the way from the gateway. */
export const gatewayDamages: readonly Damage[] = [
  {
    what: 'one bit of a leaf flipped',
    tamper: async car => ({ body: await flipBitInLeaf(car) }),
    code: 'bad-block',
  },
  { what: 'another complete DAG', tamper: () => ({ body: otherCar }), code: 'wrong-root' },
  {
    what: 'the blocks of another DAG under the right root',
    tamper: async car => ({
      body: joinBytes([(await openCar(car)).header, otherCar.subarray((await openCar(otherCar)).headerEnd)]),
    }),
    code: 'unexpected-block',
  },
  {
    what: 'its blocks under another root',
    tamper: async car => ({ body: await nameRoot(otherRoot, car) }),
    code: 'wrong-root',
  },
  {
    what: 'a leaf of another DAG at the end',
    tamper: async car => ({ body: await addLeafOf(otherCar, car) }),
    code: 'unexpected-block',
  },
  { what: 'no byte', tamper: cut(() => 0), code: 'bad-car' },
  { what: 'a cut inside the header', tamper: cut((_last, headerEnd) => headerEnd - 10), code: 'bad-car' },
  { what: 'a cut after the header', tamper: cut((_last, headerEnd) => headerEnd), code: 'dag-incomplete' },
  { what: 'a cut inside the length of a section', tamper: cut(({ start }) => start + 1), code: 'bad-car' },
  { what: 'a cut inside a CID', tamper: cut(({ cidStart }) => cidStart + 7), code: 'bad-car' },
  { what: 'a cut inside a block', tamper: cut(({ blockStart }) => blockStart + 100), code: 'bad-car' },
  { what: 'a cut between two blocks', tamper: cut(({ start }) => start), code: 'dag-incomplete' },
  { what: 'all but the last byte', tamper: cut((_last, _headerEnd, end) => end - 1), code: 'bad-car' },
  {
    what: 'a reset in the middle of a block',
    tamper: cut(({ blockStart }) => blockStart + 100, { ending: 'reset' }),
    code: 'source-unavailable',
  },
  {
    what: 'a reset between two blocks',
    tamper: cut(({ start }) => start, { ending: 'reset' }),
    code: 'source-unavailable',
  },
  {
    what: 'the mark of a truncated CAR after whole blocks',
    tamper: async car => ({ body: joinBytes([await dropLastBlock(car), Buffer.from(marker)]) }),
    code: 'dag-incomplete',
  },
  {
    what: 'a zero byte at the end',
    tamper: car => ({ body: joinBytes([car, Uint8Array.of(0)]) }),
    code: 'bad-car',
  },
  {
    what: 'text at the end',
    tamper: car => ({ body: joinBytes([car, Buffer.from('...and so on')]) }),
    code: 'bad-car',
  },
  {
    what: 'its header twice',
    tamper: async car => ({ body: joinBytes([(await openCar(car)).header, car]) }),
    code: 'bad-car',
  },
  { what: 'itself twice', tamper: car => ({ body: joinBytes([car, car]) }), code: 'bad-car' },
]

/** What goes wrong on the way from `dag/export`. */
export const exportDamages: readonly Damage[] = [
  {
    what: 'an error trailer after whole blocks',
    tamper: cut(({ start }) => start, { streamError: 'block was not found locally' }),
    code: 'dag-incomplete',
  },
  {
    what: 'an error trailer after the whole CAR',
    tamper: car => ({ body: car, streamError: 'context canceled' }),
    code: 'source-unavailable',
  },
  {
    what: 'a cut between two blocks and no trailer',
    tamper: cut(({ start }) => start),
    code: 'dag-incomplete',
  },
  {
    what: 'a cut inside a block and no trailer',
    tamper: cut(({ blockStart }) => blockStart + 9),
    code: 'bad-car',
  },
  {
    what: 'one bit of a leaf flipped in the export',
    tamper: async car => ({ body: await flipBitInLeaf(car) }),
    code: 'bad-block',
  },
]
