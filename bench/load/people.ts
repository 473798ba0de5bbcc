import { WITHOUT_WECOM } from './allowed.ts';
import type { LoadRecord } from './record.ts';

/** How long a change in WeCom may take to have its effect, counted from the acknowledged push. */
export const EFFECT_MS = 10_000;

/**
 * `verify` refuses a member of whom nothing is stored while WeCom cannot be asked, and asks again a minute
 * after it failed (docs/permissions.md).
 */
const ASKED_AGAIN_MS = 65_000;

/** What the load generator knows of a member. Times are milliseconds since the load began. */
export interface Person {
  readonly userid: string;
  /** Why the member may have the permission. */
  readonly grant: 'department' | 'own' | 'none';
  /** From then on `verify` must say true. Infinity: not known yet. */
  permittedFromMs: number;
  /** When the member left the company or got another userid. */
  leftMs?: number;
  /** From then on `verify` must say false. */
  refusedFromMs?: number;
  /** An own session. */
  session?: string;
  /** When WeCom last pushed an event about the member: it makes what is stored out of date. */
  changedMs?: number;
  /** Whether `verify` has read the membership since. */
  isKnown?: boolean;
  /** Whether a change of this member is under way. */
  isChanging?: boolean;
  /** The `sub` of the OpenID provider. */
  sub?: string;
}

/** The company as the load generator made it. It knows nothing of what the functions store. */
export class People {
  readonly all: Person[] = [];
  /** Refusals of members of whom nothing was stored while WeCom could not be asked. */
  refusedUnknown = 0;

  add(person: Person): Person {
    this.all.push(person);
    return person;
  }

  /** Members who are in the company. */
  present(): Person[] {
    return this.all.filter(({ leftMs }) => leftMs === undefined);
  }

  /** Judges an answer of `verify` to a request between these times. */
  judge(
    person: Person,
    isAuthorized: boolean,
    fromMs: number,
    untilMs: number,
    record: LoadRecord,
  ) {
    const { userid, grant, permittedFromMs, leftMs, refusedFromMs } = person;
    if (isAuthorized) {
      if (fromMs > Math.max(person.changedMs ?? 0, permittedFromMs)) person.isKnown = true;
      if (grant === 'none') record.problem(`verify permits ${userid}, who has no grant`);
      if (refusedFromMs !== undefined && fromMs > refusedFromMs) {
        record.problem(`verify permits ${userid}, who left before`);
      }
      return;
    }
    if (grant === 'none' || fromMs < permittedFromMs) return;
    if (leftMs !== undefined && untilMs >= leftMs) return;
    if (this.mayBeUnknown(person, fromMs, untilMs, record)) {
      this.refusedUnknown += 1;
    } else {
      record.problem(`verify refuses ${userid}, who is permitted`);
    }
  }

  /** Whether nothing may be stored about the member because WeCom could not be asked. */
  mayBeUnknown({ isKnown }: Person, fromMs: number, untilMs: number, record: LoadRecord): boolean {
    const phases = record.kindsBetween(fromMs - ASKED_AGAIN_MS, untilMs);
    return isKnown !== true && WITHOUT_WECOM.some((kind) => phases.has(kind));
  }
}
