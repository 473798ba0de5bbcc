/**
 * Minified bytes that each function may load before its first request: its static imports. AWS's client
 * of DynamoDB is 178 kB of the first three. The others have the measured size plus a twentieth.
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
 * Files of its package that a cold `verify` may load before its first response. One of them is loaded for
 * plain HTTP only, as in the tests.
 */
export const FILES_OF_COLD_VERIFY = 9;
