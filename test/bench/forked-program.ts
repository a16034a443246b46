import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/**
 * A program of a bench in a process of its own: it shares no thread with what it is compared with, and its memory and CPU
 * time can be told apart. It ends when it is disposed.
 */
export type ForkedProgram<Job, Result> = AsyncDisposable & {
  readonly pid: number | undefined
  /** One job at a time. Throws what the program threw, or that it ended. */
  run(job: Job): Promise<Result>
}

type Answer<Result> = { result: Result } | { error: string }

/** `file` calls `answerJobs`. */
export function forkProgram<Job extends object, Result>(file: URL): ForkedProgram<Job, Result> {
  const child = fork(fileURLToPath(file))
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${file.pathname} ended with ${code ?? signal}`)
  })
  ended.catch(() => undefined)
  return {
    pid: child.pid,
    async run(job) {
      const answered = once(child, 'message')
      child.send(job)
      const [answer] = (await Promise.race([answered, ended])) as [Answer<Result>]
      if ('error' in answer) throw new Error(answer.error)
      return answer.result
    },
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect()
      await ended.catch(() => undefined)
    },
  }
}

/** The program's side: does the jobs of its parent, and ends when that disconnects. */
export function answerJobs<Job, Result>(work: (job: Job) => Promise<Result>): void {
  const answer = (message: Answer<Result>) => process.send?.(message)
  process.on('message', (job: Job) => {
    work(job).then(
      result => answer({ result }),
      (error: Error) => answer({ error: error.stack ?? error.message }),
    )
  })
  process.on('disconnect', () => process.exit())
}
