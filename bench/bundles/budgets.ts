/**
 * Bytes that each function may load before its first request, minified: its static imports. Of the
 * first three and of personChanges AWS's client of DynamoDB is 178 kB. The others are what they were,
 * and a twentieth.
 */
export const STATIC_BYTES = {
  verify: 215_000,
  getUserInfo: 245_000,
  authorize: 215_000,
  callback: 26_000,
  personChanges: 220_000,
  jwks: 19_300,
  openidConfiguration: 19_400,
  domainProof: 7_800,
  notFound: 8_600,
} as const;

/**
 * Files of its package that a cold `verify` may load up to its first answer. One of them only where
 * DynamoDB speaks plain HTTP, as in the tests.
 */
export const FILES_OF_COLD_VERIFY = 9;
