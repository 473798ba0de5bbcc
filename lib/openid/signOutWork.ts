/**
 * Work for `signOuts`. AWS may run it several times, and late. `id` is the same in each run.
 *
 * - `subs`: ends everything that these people are signed in to; without `isCertain` only if WeCom no
 *   longer shows them as active members. `at` is the time of the request, in milliseconds since the
 *   epoch: a repeated run ends nothing that began since the first.
 * - `sub` and `session`: tells the clients of one session that the person signed out of. What rests on
 *   it has ended already. `session` is the hash of its uid.
 */
export type SignOutWork =
  | {
      readonly id: string;
      readonly subs: readonly string[];
      readonly isCertain: boolean;
      readonly at: number;
    }
  | { readonly id: string; readonly sub: string; readonly session: string };

/** The most people that one piece of work may name. */
export const MAX_SUBS = 20;

/**
 * @param subs at most `MAX_SUBS`
 * @param at milliseconds since the epoch
 */
export function endEverythingOf(
  subs: readonly string[],
  { isCertain, at }: { readonly isCertain: boolean; readonly at: number },
): SignOutWork {
  return { id: crypto.randomUUID(), subs, isCertain, at };
}
