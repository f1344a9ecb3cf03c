/** Beyond the basic plane, which MySQL without utf8mb4 does not take; and control characters, of which PostgreSQL takes no NUL. */
const UNSTORABLE = /[\u{10000}-\u{10FFFF}]|(?![\t\n\r])\p{Cc}/gu

/** The text with a sign in the place of each character that a database may not take. */
export const plainText = (text: string): string => text.toWellFormed().replace(UNSTORABLE, "\uFFFD")
