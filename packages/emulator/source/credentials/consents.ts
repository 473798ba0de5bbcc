import type { SensitiveField } from '../directory/types.ts';
import type { Behaviour } from '../options.ts';

export interface Consent {
  userid: string;
  fields: readonly SensitiveField[];
  /** Milliseconds. */
  at: number;
}

export interface Consents {
  /** What the member agreed to inside the last 30 days: the consent page is then not shown (document 91335). */
  recall(agentid: number, userid: string): readonly SensitiveField[] | undefined;
  remember(agentid: number, userid: string, fields: readonly SensitiveField[]): void;
  /** Without a userid: everybody's. */
  forget(userid?: string): void;
}

export function consentMemory(
  clock: () => number,
  behaviour: Behaviour,
  given: Map<string, Consent>,
): Consents {
  const keyOf = (agentid: number, userid: string) => `${agentid} ${userid.toLowerCase()}`;

  return {
    recall(agentid, userid) {
      const consent = given.get(keyOf(agentid, userid));
      if (consent === undefined) return undefined;
      return consent.at + behaviour.consentDays * 86_400_000 > clock() ? consent.fields : undefined;
    },
    remember(agentid, userid, fields) {
      given.set(keyOf(agentid, userid), { userid: userid.toLowerCase(), fields, at: clock() });
    },
    forget(userid) {
      for (const [key, consent] of given) {
        if (userid === undefined || consent.userid === userid.toLowerCase()) given.delete(key);
      }
    },
  };
}
