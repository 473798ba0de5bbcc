import type { Behaviour } from '../options.ts';

export interface BadSecrets {
  /** Counts one wrong secret; the last one allowed bans the address for an hour (document 91039, error 45009). */
  count(ip: string): void;
  isBanned(ip: string): boolean;
  ban(ip: string): void;
  /** Lifts every ban and forgets every count. */
  clear(): void;
}

export function badSecrets(clock: () => number, behaviour: Behaviour): BadSecrets {
  const failures = new Map<string, number[]>();
  const bans = new Map<string, number>();

  function ban(ip: string): void {
    bans.set(ip, clock() + behaviour.banDurationSeconds * 1000);
    failures.delete(ip);
  }

  return {
    count(ip) {
      const since = clock() - behaviour.banDurationSeconds * 1000;
      const recent = [...(failures.get(ip) ?? []).filter((at) => at > since), clock()];
      failures.set(ip, recent);
      if (recent.length >= behaviour.badSecretLimit) ban(ip);
    },
    isBanned: (ip) => (bans.get(ip) ?? Number.NEGATIVE_INFINITY) > clock(),
    ban,
    clear() {
      failures.clear();
      bans.clear();
    },
  };
}
