/**
 * Work for `signOuts`. AWS may run it several times, and late; `id` is the work's own.
 *
 * - `subs`: everything that these people are signed in to ends. Without `isCertain` only if WeCom does
 *   not show them as active members any more. `at` is when it was asked for, in milliseconds since the
 *   epoch: a run that is repeated ends nothing that began since the first.
 * - `sub` and `session`: the person signed out of one session. What rests on it has ended already, and
 *   its clients are told.
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
