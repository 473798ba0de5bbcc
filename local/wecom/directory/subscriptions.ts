import type { Change } from './change.ts';
import type { Company, Member } from './types.ts';
import { isVisible } from './visibility.ts';

export interface Subscriptions {
  /** By app: who counts as its members. By object, so that a new userid is not taken for a new member. */
  readonly members: ReadonlyMap<number, ReadonlySet<Member>>;
  /** The subscribe and unsubscribe events between an earlier state and this one. */
  since(earlier: Subscriptions): Change[];
}

/**
 * Who counts as a member of each app: active, and in its visible range. Entering and leaving that set is what
 * subscribe and unsubscribe tell of: a changed range, joining, leaving, being disabled (document 90240).
 */
export function subscriptions(company: Company): Subscriptions {
  const members = new Map(
    company.apps
      .filter(({ kind }) => kind === 'app')
      .map((app) => [
        app.agentid,
        new Set(
          company.members.filter(
            (member) => member.status === 1 && isVisible(company, app, member),
          ),
        ),
      ]),
  );
  return {
    members,
    since(earlier) {
      return [...members].flatMap(([agentid, now]) => {
        const then = earlier.members.get(agentid) ?? new Set<Member>();
        const gone = [...then].filter((member) => !now.has(member));
        const come = [...now].filter((member) => !then.has(member));
        return [
          ...gone.map(({ userid }): Change => ({ kind: 'unsubscribe', agentid, userid })),
          ...come.map(({ userid }): Change => ({ kind: 'subscribe', agentid, userid })),
        ];
      });
    },
  };
}
