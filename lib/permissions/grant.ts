import { type Item, isNumber, isText, type Value } from '../dynamodb/item.ts';
import { StoreUnavailable } from '../errors.ts';
import { GRANT, grantKey, listName, subjectOfPartition, useridOfSubject } from '../tableKeys.ts';

/** One permission, allowed or denied to one subject. There is at most one grant for such a pair. */
export interface Grant {
  /** The subject's key; see subject.ts. */
  readonly subject: string;
  /** A name, or `*` for every permission. */
  readonly permission: string;
  readonly effect: Effect;
  /** From this moment (milliseconds since the epoch) the grant counts as absent. */
  readonly until?: number;
  readonly note?: string;
  /** Who made it: an AWS principal's ARN, `local:<user of this machine>`, or `wecom:<userid>`. */
  readonly by: string;
  /** When, in milliseconds since the epoch. */
  readonly at: number;
  /**
   * From this moment (milliseconds since the epoch) the allowance counts as absent, because the
   * member it was made for was deleted.
   */
  readonly suspendedAt?: number;
  /** The persons it was made for, if a rename moved it. Default: whoever was `subject` at `at`. */
  readonly origins?: readonly Origin[];
  /**
   * Allowances that a rename brought to the subject while a stricter grant was there. They count as absent.
   * An event that comes later may show that they are another person's; see settle.ts.
   */
  readonly setAside?: readonly SetAside[];
  /** Set by the last write, and unique to it: see `replaceGrant`. Absent before the first. */
  readonly version?: string;
}

/** A grant without its subject and permission. */
export type SetAside = Omit<
  Grant,
  'subject' | 'permission' | 'setAside' | 'origins' | 'version'
> & {
  readonly origins: readonly Origin[];
};

/** Identifies a person: the one who had the userid at that time. */
export interface Origin {
  /** Folded. */
  readonly userid: string;
  /** Milliseconds since the epoch, by our clock. */
  readonly at: number;
}

export type Effect = 'allow' | 'deny';

/** How long an expired grant is still listed. */
const EXPIRED_KEPT_MS = 30 * 24 * 60 * 60 * 1_000;

/** The grant as it is stored. DynamoDB deletes it 30 days after it expired. */
export function grantItem(corpId: string, grant: Grant): Item {
  const { subject, permission, until, origins, setAside, version, ...rest } = grant;
  const expires = until !== undefined && {
    until,
    ttl: Math.ceil((until + EXPIRED_KEPT_MS) / 1_000),
  };
  const moved = {
    ...(origins && { origins: plainOrigins(origins) }),
    ...(setAside && {
      setAside: setAside.map((each) => ({ ...each, origins: plainOrigins(each.origins) })),
    }),
  };
  const key = { ...grantKey(corpId, subject, permission), listName: listName(corpId, 'grants') };
  return { ...key, ...rest, ...expires, ...moved, ...(version && { auditLine: version }) };
}

function plainOrigins(origins: readonly Origin[]) {
  return origins.map((origin) => ({ ...origin }));
}

/** @throws StoreUnavailable if the grant cannot be read, because it may be a denial */
export function readGrant(item: Item): Grant {
  const { pk, sk, setAside, auditLine } = item;
  const terms = readTerms(item);
  const others = 'setAside' in item ? readSetAside(setAside) : [];
  const hasVersion = !('auditLine' in item) || isText(auditLine);
  if (isText(pk) && isText(sk) && sk.startsWith(GRANT) && terms && others && hasVersion) {
    return {
      subject: subjectOfPartition(pk),
      permission: sk.slice(GRANT.length),
      ...terms,
      ...(others.length > 0 && { setAside: others }),
      ...(isText(auditLine) && { version: auditLine }),
    };
  }
  throw new StoreUnavailable('A stored grant cannot be read', {
    reason: 'unknown format',
    key: `${pk} ${sk}`,
    advice: 'Delete the item from the permission table and grant again.',
  });
}

/** @returns nothing if they cannot be read */
function readTerms(
  item: Item,
): Omit<Grant, 'subject' | 'permission' | 'setAside' | 'version'> | undefined {
  const { effect, until, note, by, at, suspendedAt, origins } = item;
  // `in`, because a value of a kind that we never write is read as undefined.
  const isReadable =
    (effect === 'allow' || effect === 'deny') &&
    (!('until' in item) || isNumber(until)) &&
    (!('note' in item) || isText(note)) &&
    isText(by) &&
    isNumber(at) &&
    (!('suspendedAt' in item) || isNumber(suspendedAt)) &&
    (!('origins' in item) || areOrigins(origins));
  if (!isReadable) return undefined;
  return {
    effect,
    ...(isNumber(until) && { until }),
    ...(isText(note) && { note }),
    by,
    at,
    ...(isNumber(suspendedAt) && { suspendedAt }),
    ...(areOrigins(origins) && { origins }),
  };
}

/** @returns nothing if one of them cannot be read */
function readSetAside(value: Value | undefined): SetAside[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const all: SetAside[] = [];
  for (const each of value) {
    const terms = readTerms(each as Item);
    if (terms?.origins === undefined) return undefined;
    all.push({ ...terms, origins: terms.origins });
  }
  return all;
}

/** @param now milliseconds since the epoch, here and below */
export function isExpired({ until }: Grant, now: number): boolean {
  return until !== undefined && until <= now;
}

/** Whether the grant is neither expired nor suspended. A denial is never suspended. */
export function counts(grant: Grant, now: number): boolean {
  const isSuspended = grant.effect === 'allow' && grant.suspendedAt !== undefined;
  return !isSuspended && !isExpired(grant, now);
}

/** The persons that a member's grant was made for: several if denials were merged. */
export function originsOf({ subject, at, origins }: Grant): readonly Origin[] {
  return origins ?? [{ userid: useridOfSubject(subject), at }];
}

function areOrigins(value: Value | undefined): value is Origin[] & Value {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each: Item) => isText(each['userid']) && isNumber(each['at']))
  );
}
