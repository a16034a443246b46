import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { ObjectRef } from '#libs/storage/index.ts'

/** The SDK itself would wait for ever for a server that does not answer. */
const timeoutMs = 10_000

/** Tells the indexer where a CAR is. Resolves when its queue has stored the message. */
export type AnnounceCar = (car: ObjectRef & { region: string }) => Promise<void>

/**
 * The body is plain text, `region/bucket/key`, as the Elastic IPFS indexer reads it (elastic-ipfs/indexer-lambda,
 * src/index.js and src/source.js). The key may hold slashes. The indexer bears repeated messages.
 */
export const createAnnounceCar =
  (sqs: SQSClient, queueUrl: string): AnnounceCar =>
  async ({ region, bucket, key }) => {
    const message = new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: `${region}/${bucket}/${key}` })
    await sqs.send(message, { abortSignal: AbortSignal.timeout(timeoutMs) })
  }
