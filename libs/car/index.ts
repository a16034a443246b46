export { canonicalCid } from './canonical-cid.ts'
export { type CarLimits, type CarReport, type CarScanner, createCarScanner } from './scanner.ts'
