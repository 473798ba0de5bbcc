/**
 * Minified bytes that each function may load before its first request: its static imports. The client of
 * DynamoDB is 178 kB of the first three. The others may have their measured size plus 5 %. In the OpenID
 * provider's functions, oidc-provider is 292 kB and its imports 120 kB.
 */
export const STATIC_BYTES = {
  verify: 215_000,
  getUserInfo: 245_000,
  authorize: 215_000,
  callback: 25_000,
  jssdk: 234_000,
  personChanges: 220_000,
  publishEvents: 220_000,
  openid: 780_000,
  openidToken: 775_000,
  signOuts: 778_000,
  adminDirectory: 271_000,
  adminPermissions: 280_000,
  adminClients: 252_000,
  jwks: 19_400,
  openidConfiguration: 19_600,
  adminPage: 111_000,
  domainProof: 6_600,
  notFound: 8_600,
} as const;

/**
 * Files of its package that a cold `verify` may load before its first response. One of them is loaded for
 * plain HTTP only, as in the tests.
 */
export const FILES_OF_COLD_VERIFY = 4;
