/** How far a timestamp may be from now, on either side. WeCom documents no window; this one is ours. */
export const FRESHNESS_MILLISECONDS = 300_000;

/**
 * @param timestamp seconds since the epoch, in digits
 * @param now milliseconds since the epoch
 */
export function isFresh(timestamp: string, now: number): boolean {
  return Math.abs(Number(timestamp) * 1_000 - now) <= FRESHNESS_MILLISECONDS;
}
