/** Bytes that a function loads before its first request at most, minified: its static imports. */
export const PROMISED_BYTES = { verify: 230_000, getUserInfo: 260_000 } as const;

/** Far below what is promised, and somewhat above what is: more has come in by mistake. */
export const STATIC_BYTES = { verify: 50_000, getUserInfo: 90_000 } as const;

/**
 * Files of its package that a cold `verify` may load up to its first answer. One of them only where
 * DynamoDB speaks plain HTTP, as in the tests.
 */
export const FILES_OF_COLD_VERIFY = 8;
