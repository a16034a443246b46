import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { judgeOrigin } from './address-policy.ts'

const peer = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'
const relay = 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'
const strict = { allowPrivate: false, ownPeerId: relay }

const reasonFor = (origin: string, policy = strict) => {
  const judged = judgeOrigin(origin, policy)
  return 'reason' in judged ? judged.reason : undefined
}

const publicPrefixes = [
  '/ip4/8.8.8.8/tcp/4001',
  '/ip4/8.8.8.8/udp/4001/quic-v1',
  '/ip4/172.32.0.1/tcp/4001',
  '/ip4/100.128.0.1/tcp/4001',
  '/ip6/2606:4700::1111/tcp/4001',
  '/dns4/node.example.com/tcp/443/tls/ws',
  '/dnsaddr/bootstrap.libp2p.io',
  `/ip4/8.8.8.8/tcp/4001/p2p/${peer}/p2p-circuit`,
  '',
]

for (const prefix of publicPrefixes) {
  test(`accepts ${prefix}/p2p/… and names its peer`, () => {
    const judged = judgeOrigin(`${prefix}/p2p/${peer}`, strict)
    assert.ok('peerId' in judged, JSON.stringify(judged))
    assert.equal(judged.peerId, peer)
    assert.equal(judged.address.toString(), `${prefix}/p2p/${peer}`)
  })
}

const privatePrefixes = [
  '/ip4/0.0.0.0/tcp/4001',
  '/ip4/10.1.2.3/tcp/4001',
  '/ip4/100.64.0.1/tcp/4001',
  '/ip4/127.0.0.1/tcp/4001',
  '/ip4/169.254.169.254/tcp/80',
  '/ip4/172.31.255.255/tcp/4001',
  '/ip4/192.168.1.1/tcp/4001',
  '/ip4/224.0.0.1/udp/4001/quic-v1',
  '/ip4/255.255.255.255/tcp/4001',
  '/ip6/::/tcp/4001',
  '/ip6/::1/tcp/4001',
  '/ip6/::ffff:10.0.0.1/tcp/4001',
  '/ip6/::ffff:8.8.8.8/tcp/4001',
  '/ip6/64:ff9b::a00:1/tcp/4001',
  '/ip6/2002:a00:1::/tcp/4001',
  '/ip6/fc00::1/tcp/4001',
  '/ip6/fd12:3456::1/tcp/4001',
  '/ip6/fe80::1/tcp/4001',
  '/ip6/ff02::1/tcp/4001',
  '/ip6zone/eth0/ip6/fe80::1/tcp/4001',
  '/dns4/localhost/tcp/4001',
  '/dns/LOCALHOST./tcp/4001',
  '/dns4/db.localhost/tcp/4001',
  '/dns6/printer.local/tcp/4001',
  '/dns4/metadata.google.internal/tcp/80',
  '/dns4/postgres/tcp/5432',
  '/dns4/127.0.0.1/tcp/4001',
  '/dns4/127.1/tcp/4001',
  '/dns4/0.0x7f000001/tcp/4001',
  '/dnsaddr/localhost',
  `/ip4/8.8.8.8/tcp/4001/ip4/10.0.0.1/tcp/1`,
  `/ip4/10.0.0.1/tcp/4001/p2p/${peer}/p2p-circuit`,
]

for (const prefix of privatePrefixes) {
  test(`refuses ${prefix}, or whatever it begins with, unless private origins are allowed`, () => {
    const origin = `${prefix}/p2p/${peer}`
    const reason = reasonFor(origin)
    assert.ok(
      reason === 'an address of a private network' || reason === 'not an address of a network',
      String(reason),
    )
  })
}

test('accepts a loopback origin where private origins are allowed', () => {
  assert.equal(reasonFor(`/ip4/127.0.0.1/tcp/4001/p2p/${peer}`, { ...strict, allowPrivate: true }), undefined)
})

test('refuses text that is no multiaddr and says what is wrong with it', () => {
  for (const origin of [
    'nonsense',
    'https://example.com',
    '/ip4/999.1.1.1/tcp/1',
    '/ip4/8.8.8.8/tcp/99999',
    '/p2p/zzz',
  ]) {
    assert.match(reasonFor(origin) ?? '', /^not a valid multiaddr: ./, origin)
  }
})

test('refuses an address that does not end in the id of its peer', () => {
  for (const origin of ['', '/', '/ip4/8.8.8.8/tcp/4001', `/ip4/8.8.8.8/tcp/4001/p2p/${peer}/p2p-circuit`]) {
    assert.equal(reasonFor(origin), 'does not end in /p2p/<peer id>', origin)
  }
})

test('refuses the own peer id however it is written', () => {
  assert.equal(reasonFor(`/ip4/8.8.8.8/tcp/4001/p2p/${relay}`), 'the address of this node itself')
  assert.equal(reasonFor(`/ip4/8.8.8.8/tcp/4001/ipfs/${relay}`), 'the address of this node itself')
})

test('gives a result for any text', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(fc.string()).map(parts => `/${parts.join('/')}`),
      ),
      origin => {
        const judged = judgeOrigin(origin, strict)
        assert.ok('reason' in judged || judged.address.toString().includes(judged.peerId))
      },
    ),
  )
})

test('refuses every address of a private IPv4 network, in IPv4 and in IPv6 notation', () => {
  const octet = fc.integer({ min: 0, max: 255 })
  const privateIpv4 = fc.oneof(
    fc.tuple(fc.constantFrom(0, 10, 127), octet, octet, octet),
    fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
    fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
    fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
    fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
    fc.tuple(fc.integer({ min: 224, max: 255 }), octet, octet, octet),
  )
  fc.assert(
    fc.property(privateIpv4, octets => {
      const ip = octets.join('.')
      for (const address of [`/ip4/${ip}`, `/ip6/::ffff:${ip}`, `/dns4/${ip}`]) {
        assert.equal(reasonFor(`${address}/tcp/1/p2p/${peer}`), 'an address of a private network')
      }
    }),
  )
})

test('refuses every IPv6 address outside global unicast', () => {
  const word = fc.integer({ min: 0, max: 0xffff })
  const words = fc.tuple(
    fc.oneof(fc.integer({ min: 0, max: 0x1fff }), fc.integer({ min: 0x4000, max: 0xffff })),
    fc.array(word, { minLength: 7, maxLength: 7 }),
  )
  fc.assert(
    fc.property(words, ([first, rest]) => {
      const ip = [first, ...rest].map(value => value.toString(16)).join(':')
      assert.equal(reasonFor(`/ip6/${ip}/tcp/1/p2p/${peer}`), 'an address of a private network')
    }),
  )
})
