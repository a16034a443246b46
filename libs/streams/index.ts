export { chunksOf } from './body-chunks.ts'
