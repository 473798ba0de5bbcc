/** Bytes that a function may load before its first request, minified: its static imports. */
export const STATIC_BYTES = { verify: 230_000, getUserInfo: 260_000 } as const;

/**
 * Files of its package that a cold `verify` may load up to its first answer. One of them only where
 * DynamoDB speaks plain HTTP, as in the tests.
 */
export const FILES_OF_COLD_VERIFY = 8;
