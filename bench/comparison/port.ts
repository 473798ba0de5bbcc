let last = 20_000;

/**
 * @returns a port that no program has. The network of the comparison is its own, and the system gives ports
 *   of this range to nobody who asks for any free one. `fetch` refuses some lower ones, such as 10080.
 */
export function nextPort(): number {
  last += 1;
  return last;
}
