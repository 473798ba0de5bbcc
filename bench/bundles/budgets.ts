/**
 * Bytes that each function may load before its first request, minified: its static imports. Of the
 * first three AWS's client of DynamoDB is 178 kB. The others are what they were, and a twentieth.
 */
export const STATIC_BYTES = {
  verify: 215_000,
  getUserInfo: 245_000,
  authorize: 215_000,
  callback: 24_000,
  jwks: 16_000,
  openidConfiguration: 8_400,
  domainProof: 5_600,
  notFound: 6_000,
} as const;

/**
 * Files of its package that a cold `verify` may load up to its first answer. One of them only where
 * DynamoDB speaks plain HTTP, as in the tests.
 */
export const FILES_OF_COLD_VERIFY = 8;
