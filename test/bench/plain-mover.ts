import { request } from 'undici'
import type { S3Access } from '#deploy/local/s3.ts'
import { answerJobs } from './forked-program.ts'
import { createPlainClient, uploadPlainly } from './plain-upload.ts'

/** From the gateway of a Kubo into one object. */
export type MoveJob = { gatewayUrl: string; cid: string; s3: S3Access; bucket: string; key: string }

/** As Pickup has them by default. */
const upload = { partBytes: 8 * 1024 ** 2, partsInFlight: 4 }

/* The plainest program that moves the same bytes from the same place to the same place. It looks at none of them. */
answerJobs(async ({ gatewayUrl, cid, s3, bucket, key }: MoveJob): Promise<void> => {
  const client = createPlainClient(s3)
  // Else the SDK hashes every part for its signature, which Pickup saves, too.
  client.middlewareStack.add(
    (next, { commandName }) =>
      args => {
        const { headers } = args.request as { headers: Record<string, string> }
        if (commandName === 'UploadPartCommand') headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD'
        return next(args)
      },
    { step: 'build', name: 'leavePartsUnsigned' },
  )
  const query = 'format=car&dag-scope=all&car-order=dfs&car-dups=n'
  const { statusCode, body } = await request(`${gatewayUrl}/ipfs/${cid}?${query}`)
  if (statusCode !== 200) throw new Error(`the gateway answered ${statusCode}: ${await body.text()}`)
  await uploadPlainly(client, { Bucket: bucket, Key: key }, body, upload)
  client.destroy()
})
