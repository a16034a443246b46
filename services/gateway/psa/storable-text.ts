/** Whether Postgres can store a text: all but NUL, and half of a surrogate pair, which is no character. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()
