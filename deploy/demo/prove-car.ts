import { createHash } from 'node:crypto'
import { formatBytes, formatCount } from '../terminal/human-units.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { checkCar } from './check-car.ts'
import { DemoError, expectSame } from './demo-error.ts'
import { downloadCar } from './download-car.ts'
import type { ExtraNodes } from './extra-nodes.ts'
import { importCar } from './import-car.ts'
import { readDagSize, readFileFromKubo } from './kubo-rpc.ts'
import type { PickupAccess } from './open-pickup.ts'
import type { Receipt } from './pin-client.ts'
import type { ProvidedSample } from './provide-sample.ts'

type Proof = {
  receipt: Receipt
  sample: ProvidedSample | undefined
  /** Where the CAR is downloaded to. */
  file: string
  nodes: ExtraNodes
  access: PickupAccess
  terminal: Terminal
  signal: AbortSignal
}

/** Checks the stored CAR against the receipt without any code of the services. Throws {@link DemoError} where they differ. */
export async function proveCar(proof: Proof): Promise<void> {
  proof.terminal.step('The stored CAR, checked independently')
  await checkDownload(proof)
  await checkBlocks(proof)
  await checkImport(proof)
}

async function checkDownload({ receipt, file, access, terminal, signal }: Proof): Promise<void> {
  const { bucket, key, car_bytes: expectedBytes, car_cid: expectedCid } = receipt
  const { sizeBytes, carCid } = await downloadCar(access.s3, {
    bucket,
    key,
    file,
    onProgress: bytes => terminal.progress(`downloading  ${formatBytes(bytes)}`),
    signal,
  })
  expectSame('the size of the downloaded CAR', sizeBytes, expectedBytes)
  terminal.check(`downloaded from S3: ${formatBytes(sizeBytes)}, as in the receipt`)
  expectSame('the CID of the downloaded CAR', carCid, expectedCid)
  terminal.check('SHA-256 of the file gives the CID of the CAR')
}

async function checkBlocks({ receipt, file, terminal, signal }: Proof): Promise<void> {
  terminal.progress('hashing every block')
  const { roots, blocks, dagBytes } = await checkCar(file, signal)
  expectSame('the number of blocks', blocks, receipt.blocks)
  expectSame('the size of all blocks', dagBytes, receipt.dag_bytes)
  terminal.check(
    `each of ${formatCount(blocks)} blocks (${formatBytes(dagBytes)}) matches its hash; count and size as in the receipt`,
  )
  expectSame('the root of the CAR', roots.join(), receipt.root)
  terminal.check('its only root is the one asked for')
}

async function checkImport({ receipt, sample, file, nodes, terminal, signal }: Proof): Promise<void> {
  const { root } = receipt
  const { apiUrl } = await nodes.start('third-node', { offline: true })
  terminal.progress('importing into an empty node')
  const imported = await importCar(apiUrl, { file, root, signal })
  expectSame('the number of imported blocks', imported.blocks, receipt.blocks)
  expectSame('the size of the imported blocks', imported.bytes, receipt.dag_bytes)
  terminal.check(`an empty IPFS node without network imported and pinned it: no block is missing`)
  const dag = await readDagSize(apiUrl, root, signal)
  if (!sample) {
    // Above the size in the CAR, which may leave out blocks that are inside their CIDs (identity hash).
    if (dag.bytes < receipt.dag_bytes) throw new DemoError(`that node counts only ${dag.bytes} bytes`)
    terminal.check(`that node walks the whole DAG: ${formatBytes(dag.bytes)}`)
    return
  }
  expectSame('the number of blocks on the third node', dag.blocks, sample.dag.blocks)
  expectSame('the size of the DAG on the third node', dag.bytes, sample.dag.bytes)
  terminal.check(`that node counts the same DAG as the second one: ${formatBytes(dag.bytes)}`)
  const hash = createHash('sha256')
  for await (const chunk of readFileFromKubo(apiUrl, `${root}/${sample.fingerprintPath}`, signal))
    hash.update(chunk)
  expectSame(`SHA-256 of ${sample.fingerprintPath}`, hash.digest('hex'), sample.fingerprint)
  terminal.check(`${sample.fingerprintPath}, read from there, is byte for byte what was added`)
}
