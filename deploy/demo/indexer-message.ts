import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import type { S3Access } from '../local/s3.ts'
import { DemoError } from './demo-error.ts'

const WAIT_MS = 30_000
/** While the others are hidden, the next receive gives further ones. */
const HIDDEN_SECONDS = 60
/** Not 0: fauxqs with a data folder drops a message whose visibility is set to 0. */
const GIVE_BACK_SECONDS = 1

type Queue = { indexerQueueUrl: string; sqsEndpoint: string; s3: S3Access }

/**
 * Takes the message for a CAR from the queue of the indexer and resolves with its body. Messages for other CARs are
 * given back. Throws {@link DemoError} when it does not come.
 */
export async function takeIndexerMessage(queue: Queue, key: string, signal: AbortSignal): Promise<string> {
  const { region, accessKeyId, secretAccessKey } = queue.s3
  const credentials = { accessKeyId, secretAccessKey }
  const sqs = new SQSClient({ endpoint: queue.sqsEndpoint, region, credentials })
  const QueueUrl = queue.indexerQueueUrl
  const others: Message[] = []
  const deadline = performance.now() + WAIT_MS
  try {
    while (performance.now() < deadline) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: HIDDEN_SECONDS,
          WaitTimeSeconds: 1,
        }),
        { abortSignal: signal },
      )
      const ours = Messages.find(({ Body }) => Body?.endsWith(`/${key}`))
      others.push(...Messages.filter(message => message !== ours))
      if (!ours) continue
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: ours.ReceiptHandle }))
      return ours.Body ?? ''
    }
  } finally {
    for (const { ReceiptHandle } of others)
      await sqs.send(
        new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: GIVE_BACK_SECONDS }),
      )
    sqs.destroy()
  }
  throw new DemoError(`the queue of the indexer has no message for ${key} after ${WAIT_MS / 1000} s`)
}
