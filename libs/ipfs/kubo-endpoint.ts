/** Where to send requests, and the headers each of them carries. */
export type KuboEndpoint = { url: URL; headers: Readonly<Record<string, string>> }

/**
 * Reads a URL that may hold `user:password@` and takes them out into an `Authorization` header:
 * `fetch` refuses URLs with credentials. The path is kept without a slash at its end.
 */
export function readEndpoint(text: string, defaultPath: string): KuboEndpoint {
  const url = new URL(text)
  const { username, password } = url
  url.username = ''
  url.password = ''
  url.pathname = url.pathname.replace(/\/+$/, '')
  if (url.pathname === '/') url.pathname = defaultPath
  if (username === '' && password === '') return { url, headers: {} }
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { url, headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } }
}
