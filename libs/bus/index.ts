export { type Bus, type BusSettings, connectBus } from './connect-bus.ts'
export {
  type DeadLetter,
  type DeadLetterPage,
  type DeadLetterQuery,
  type DeadLetters,
  openDeadLetters,
} from './dead-letters.ts'
export { type Delivery, readDeliveries } from './deliveries.ts'
export {
  type ExhaustedMessages,
  type GiveUp,
  type KeptMessage,
  openExhaustedMessages,
} from './exhausted.ts'
export { followEvents } from './follow-events.ts'
export { type JobContext, type LeasedStep, PostponedError } from './leased-step.ts'
export {
  type LiveNode,
  mirrorLiveNodes,
  type NodeAnnouncement,
  type NodeAnnouncer,
  openNodeAnnouncer,
} from './live-nodes.ts'
export { type LiveJob, type LiveMirror, mirrorLiveView, openLiveView } from './live-view.ts'
export { isNatsAway } from './nats-away.ts'
export { provisionStreams } from './provision.ts'
export { type Publish, publishBody, publishEvent } from './publish.ts'
export { type Queues, readQueues } from './queues.ts'
export { on, readEvents } from './read-events.ts'
export { routeExhausted } from './route-exhausted.ts'
export { createRunningJobs, type RunningJobs } from './running-jobs.ts'
export type { JobConsumer, StreamSettings } from './streams.ts'
export { workOnJobs } from './work-on-jobs.ts'
export type { WorkerSettings } from './work-options.ts'
