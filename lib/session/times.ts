/** How long a session lasts, in seconds. There is no refresh: WeCom signs in again without a click. */
export const SESSION_SECONDS = 3_600;

/** By how much the clocks of two machines may differ, in seconds. */
export const CLOCK_TOLERANCE_SECONDS = 5;

/** How long a verifier may keep the published keys, in seconds. */
export const JWKS_CACHE_SECONDS = 300;

/**
 * How long a new key is published before it signs, in seconds: API Gateway's JWT authorizer of HTTP
 * APIs may keep keys for two hours; then what our own instances remember, and a margin.
 */
export const PUBLISHED_AHEAD_SECONDS = 9_000;
