/** A metric in a query, with the labels that choose among its series. */
export type Selector = { name: string; matchers: { label: string; operator: string; value: string }[] }

/** What Prometheus itself adds to all that it scrapes (its documentation, "Jobs and instances"). */
export const addedByPrometheus = { metric: 'up', labels: ['job', 'instance'] } as const

/** What a query reads, and the labels that it groups or joins by. */
export type QueryNames = { selectors: Selector[]; labels: string[] }

const token =
  /(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<range>\[[^\]]*\])|(?<number>\d[\w.]*)|(?<name>[A-Za-z_:][\w:]*)|(?<sign>[=!]~|[=!<>]=|[-+*/%^<>={}(),@])|(?<space>\s+)/y

const keywords = new Set(['and', 'or', 'unless', 'bool', 'offset', 'start', 'end', 'inf', 'nan'])
const takesLabels = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right'])

type Token = { kind: string; text: string }

function tokensOf(query: string): Token[] {
  const tokens: Token[] = []
  token.lastIndex = 0
  while (token.lastIndex < query.length) {
    const at = token.lastIndex
    const [kind, text] = Object.entries(token.exec(query)?.groups ?? {}).find(([, found]) => found) ?? []
    if (kind === undefined || text === undefined) throw new Error(`not PromQL at ${at}: ${query}`)
    if (kind !== 'space') tokens.push({ kind, text })
  }
  return tokens
}

/**
 * The names in a PromQL query (its grammar: promql/parser/generated_parser.y): enough to compare them with what there is. It
 * knows neither `{__name__="..."}` nor names in quotes. Throws on what it does not understand.
 */
export function namesInQuery(query: string): QueryNames {
  const tokens = tokensOf(query)
  const names: QueryNames = { selectors: [], labels: [] }
  let at = 0
  const take = (): Token => tokens[at++] ?? fail()
  const fail = (): never => {
    throw new Error(`not understood: ${query}`)
  }
  const isNext = (text: string) => tokens[at]?.text === text

  function takeMatchers(): Selector['matchers'] {
    const matchers: Selector['matchers'] = []
    while (!isNext('}')) {
      const [label, operator, value] = [take(), take(), take()]
      if (label.kind !== 'name' || operator.kind !== 'sign' || value.kind !== 'text') fail()
      matchers.push({ label: label.text, operator: operator.text, value: value.text.slice(1, -1) })
      if (isNext(',')) take()
    }
    take()
    return matchers
  }

  while (at < tokens.length) {
    const { kind, text } = take()
    if (text === '{') fail()
    if (kind !== 'name' || keywords.has(text)) continue
    if (takesLabels.has(text)) {
      if (!isNext('(')) continue
      take()
      for (; !isNext(')'); isNext(',') && take()) names.labels.push(take().text)
      take()
    } else if (!isNext('(') && !takesLabels.has(tokens[at]?.text ?? '')) {
      const matchers = isNext('{') ? (take(), takeMatchers()) : []
      names.selectors.push({ name: text, matchers })
    }
  }
  return names
}
