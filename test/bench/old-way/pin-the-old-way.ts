import { CopyObjectCommand, GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { request } from 'undici'
import type { S3Access } from '#deploy/local/s3.ts'
import { uploadPlainly } from '../plain-upload.ts'
import { checkLinks } from './check-links.ts'

/** `bucket` is for staged and for checked CARs, by their prefixes. */
type Place = { kuboApiUrl: string; s3: S3Access; bucket: string }

/** So many of the CIDs are worked on `atOnce`. */
export type OldWayJob = Place & { cids: string[]; atOnce: number }

export type StoredCar = { key: string; sizeBytes: number; blocks: number }

/** As `@aws-sdk/lib-storage` has it by default, which the old worker used. */
const upload = { partBytes: 5 * 1024 ** 2, partsInFlight: 4 }

/**
 * What the worker of web3-storage/pickup does for one CID (`pickup/lib/pickup.js` and `s3.js` there), in our words: the
 * CAR by `dag/export` into staging, then that object read again and checked, then copied to the name of its CID.
 * Left out is what only costs time: the origins, and the garbage collection after each job.
 */
export async function pinTheOldWay(client: S3Client, cid: string, place: Place): Promise<StoredCar> {
  const { kuboApiUrl, bucket } = place
  const staging = { Bucket: bucket, Key: `staging/${cid}.car` }
  await uploadPlainly(client, staging, await exportDag(kuboApiUrl, cid), upload)
  const { Body } = await client.send(new GetObjectCommand(staging))
  const { carCid, sizeBytes, blocks } = await checkLinks(Body as AsyncIterable<Uint8Array>)
  const key = `${carCid}/${carCid}.car`
  // It could not copy what is larger than 5 GiB: S3 takes no more in one call.
  await client.send(
    new CopyObjectCommand({ Bucket: bucket, Key: key, CopySource: `${bucket}/${staging.Key}` }),
  )
  return { key, sizeBytes, blocks }
}

async function exportDag(kuboApiUrl: string, cid: string): Promise<AsyncIterable<Uint8Array>> {
  const { username, password, origin } = new URL(kuboApiUrl)
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const { statusCode, body } = await request(`${origin}/api/v0/dag/export?arg=${cid}`, {
    method: 'POST',
    headers: { authorization },
  })
  if (statusCode !== 200) throw new Error(`dag/export answered ${statusCode}: ${await body.text()}`)
  return body
}
