const key = 'pickup.token'

/** The token that was signed in with here, in this tab or for good. */
export const storedToken = () => sessionStorage.getItem(key) ?? localStorage.getItem(key) ?? undefined

/**
 * Keeps a token until the tab is closed, or until somebody signs out.
 *
 * @param {string} token
 * @param {{ forGood: boolean }} how
 */
export function storeToken(token, { forGood }) {
  forgetToken()
  ;(forGood ? localStorage : sessionStorage).setItem(key, token)
}

/** Takes the token out of this browser. */
export function forgetToken() {
  sessionStorage.removeItem(key)
  localStorage.removeItem(key)
}
