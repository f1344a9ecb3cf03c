const escaped = (login: string): string => login.replace(/[^\w]/g, "\\$&")

const isQuoted = (line: string): boolean => /^\s{0,3}>/.test(line)

/** Whether a comment mentions a login in words of its own: what it quotes of others does not count. Letter case is ignored. */
export const mentions = (text: string, login: string): boolean => {
  const mention = new RegExp(`(^|[^\\w@./-])@${escaped(login)}(?![\\w-])(?!\\.\\w)`, "i")
  return text.split("\n").some((line) => !isQuoted(line) && mention.test(line))
}
