export { rememberAnswer } from './remember-answer.ts'
export { runService } from './run-service.ts'
