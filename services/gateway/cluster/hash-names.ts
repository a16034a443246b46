const names: ReadonlySet<string> = new Set([
  'sha1',
  'sha2-256',
  'sha2-512',
  'dbl-sha2-256',
  'shake-256',
  'blake3',
  'sha3',
  'sha3-224',
  'sha3-256',
  'sha3-384',
  'sha3-512',
  'keccak-224',
  'keccak-256',
  'keccak-384',
  'keccak-512',
])
const minBits = 160

/** Whether Kubo adds by a hash function of this name (go-multihash, `Names`) and the CAR scanner can check it. */
export function isKnownHash(name: string): boolean {
  const [, kind, text] = /^blake2([bs])-(\d{3})$/.exec(name) ?? []
  if (kind === undefined) return names.has(name)
  const bits = Number(text)
  return bits % 8 === 0 && bits >= minBits && bits <= (kind === 'b' ? 512 : 256)
}
