import type { Consumer, JsMsg } from '@nats-io/jetstream'
import { PermanentError } from '#libs/errors/index.ts'

/** So many of a message's deliveries are kept for giving it up: each may meet a worker that dies of something else. */
const lateDeliveries = 3

/**
 * Whether this is among the last deliveries that the server makes, by the limit that the consumer had when this worker bound
 * to it. Whoever gets it gives it up, instead of one more attempt that may end without a report.
 */
export async function isLateDelivery(message: JsMsg, consumer: Consumer): Promise<boolean> {
  const { max_deliver = -1 } = (await consumer.info(true)).config
  return max_deliver > 0 && message.info.deliveryCount > max_deliver - lateDeliveries
}

/** Why a message is given up that was delivered too often. */
export const tooManyDeliveries = (deliveries: number) =>
  new PermanentError('worker-lost', `delivered ${deliveries} times without success`)
