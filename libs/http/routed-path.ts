/**
 * The path of a request target as the router reads it (find-my-way index.js, `getPathFromAbsoluteUrl`;
 * lib/url-sanitizer.js): without scheme and authority, which the absolute form has (RFC 9112, section 3.2.2), without
 * the query, and with percent-encoding undone but for the characters that divide a URL. A path that cannot be decoded
 * stays as it is: the router refuses it.
 */
export function routedPath(target: string): string {
  const [, path = ''] = /^(?:https?:\/\/[^/?#]+)?([^?#]*)/is.exec(target) ?? []
  const encoded = path === '' ? '/' : path
  try {
    // Twice encoded is decoded once.
    return decodeURI(encoded.replaceAll('%25', '%2525'))
  } catch (error) {
    if (error instanceof URIError) return encoded
    throw error
  }
}
