export { type Discarded, discardDeadLetter } from './discard.ts'
export { type Replayed, replayDeadLetter } from './replay.ts'
