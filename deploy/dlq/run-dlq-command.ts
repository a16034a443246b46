import type { DeadLetter, DeadLetterPage, DeadLetters } from '#libs/bus/index.ts'
import type { Discarded, Replayed } from '#libs/dead-letters/index.ts'
import { StackError } from '../local/stack-error.ts'
import type { DlqCommand, DlqFilter } from './command-line.ts'

type Deps = {
  letters: Pick<DeadLetters, 'list' | 'get'>
  replay: (id: number) => Promise<Replayed>
  discard: (id: number) => Promise<Discarded>
}

/** What a command found or did. */
export type DlqAnswer =
  | ({ kind: 'list' } & DeadLetterPage)
  | { kind: 'show'; letter: DeadLetter }
  | { kind: 'settled'; results: (Replayed | Discarded)[] }

const pageLetters = 500

/** Does what a command says. Throws {@link StackError} when there is no such letter to show. */
export async function runDlqCommand(deps: Deps, command: DlqCommand): Promise<DlqAnswer> {
  switch (command.kind) {
    case 'list':
      return { kind: 'list', ...(await listLetters(deps, command)) }
    case 'show': {
      const letter = await deps.letters.get(command.id)
      if (!letter) throw new StackError(`there is no dead letter ${command.id}`)
      return { kind: 'show', letter }
    }
    case 'replay':
    case 'discard': {
      const settle = deps[command.kind]
      const results: (Replayed | Discarded)[] = []
      for await (const id of idsOf(deps, command)) results.push(await settle(id))
      return { kind: 'settled', results }
    }
  }
}

/** Until there are as many as were asked for, or no more: a page of the DLQ may be short. */
async function listLetters(
  { letters }: Deps,
  { after, limit, consumer, code }: DlqCommand & { kind: 'list' },
): Promise<DeadLetterPage> {
  const found: DeadLetter[] = []
  let from = after
  for (;;) {
    const wanted = limit === 'all' ? pageLetters : limit - found.length
    const page = await letters.list({ after: from, limit: wanted, consumer, code })
    found.push(...page.letters)
    if (page.next === undefined) return { letters: found }
    if (found.length === limit) return { letters: found, next: page.next }
    from = page.next
  }
}

/** All ids are taken from before the first one is settled: what a replay brings about is not replayed as well. */
async function* idsOf(deps: Deps, { ids, ...filter }: DlqFilter & { ids: number[] }): AsyncGenerator<number> {
  if (ids.length > 0) return yield* ids
  const { letters } = await listLetters(deps, { kind: 'list', after: 0, limit: 'all', ...filter })
  yield* letters.map(({ id }) => id)
}

/** Whether a letter was left that should have gone. */
export const wasLeft = ({ outcome }: Replayed | Discarded): boolean =>
  outcome === 'refused' || outcome === 'gone'
