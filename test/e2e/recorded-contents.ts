import { buildTree, testBytes } from '#libs/car/testing/build-car.ts'
import type { RecordedPair } from '../clients/recorded-pairs.ts'
import { addBlocks, addBytes, rpc } from './content.ts'
import type { Pipeline } from './pipeline.ts'

/** What stands for the recorded server's own contents and identity. CIDs that nobody had stay as they are. */
export async function ourTexts(
  { kubo, client }: Pipeline,
  recorded: readonly RecordedPair[],
  hopeless: string,
): Promise<Map<string, string>> {
  const pairOf = (name: string) => {
    const pair = recorded.find(pair => pair.name === name)
    if (!pair) throw new Error(`the recording has no pair "${name}"`)
    return pair
  }
  const cidIn = (name: string): string => JSON.parse(pairOf(name).response.body).cid
  const below = new FormData()
  below.append('file', new Blob(['the file below a root']), 'a/b/file.txt')
  const added = await rpc(kubo, 'add?cid-version=1&wrap-with-directory=true&pin=false', below)
  const lines: { Name: string; Hash: string }[] = added
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const hashOf = (name: string) => lines.find(({ Name }) => Name === name)?.Hash ?? ''
  const ids = JSON.parse(pairOf('id').response.body)
  const ourIds = JSON.parse((await client.request('GET', '/id')).body)
  const belowRoot = 'pin by path below a root; cid is the resolved one'
  return new Map([
    [cidIn('pin by CID with name, metadata, expire-in'), await addBytes(kubo, testBytes(1_000, 401))],
    [
      cidIn('pin as ctl sends it (path route, all options present)'),
      await addBytes(kubo, testBytes(1_000, 402)),
    ],
    [
      cidIn('pin-update copies the options of another pin'),
      await addBlocks(kubo, buildTree({ leaves: 3, leafBytes: 500, seed: 403 })),
    ],
    [cidIn(belowRoot), hashOf('a/b/file.txt')],
    [cidIn('pin in direct mode'), hashOf('')],
    [cidIn('status pin_error'), hopeless],
    [ids.id, ourIds.id],
  ])
}
