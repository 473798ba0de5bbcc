import { type Item, isNumber, isText, type Value } from '../dynamodb/item.ts';
import type { Tag } from '../wecom/api/getTag.ts';
import { CLOCK_SKEW_MS } from './freshness.ts';
import { TABLE_TTL_MS } from './sharedCache.ts';

/*
 * How a tag is stored, so that a question about one member is one small read for a tag of any size:
 *
 *   few members    head { userids }
 *   many           head { parts: hash, hash, … }     each part an item of its own: { userids }
 *                                  └── the member's part, by a hash of the userid
 *
 * A part's key is the hash of its content. So parts of two answers never mix, a part that exists is
 * right, and a change of one member writes one part and the head.
 */
export type TagHead = {
  readonly departments: readonly number[];
  /** Whether all entries of the tag could be read. */
  readonly complete: boolean;
} & (
  | { /** Folded userids. */ readonly members: ReadonlySet<string> }
  | { /** The hash of each part. */ readonly parts: readonly string[] }
);

/** The most members in a head, and the most on average in a part. */
const MAX_MEMBERS = 200;
const HASH_CHARACTERS = 16;
/** How long a part is kept: longer than the heads that name it. */
export const PART_TTL_MS = 8 * TABLE_TTL_MS;
/** Userids are stored as one text, because reading a DynamoDB list would take milliseconds. */
const SEPARATOR = '\n';

/** A tag to store: the head's attributes, and the texts of the parts that are not stored yet. */
export interface StoredTag {
  readonly head: TagHead;
  readonly attributes: Record<string, Value>;
  /** By their hashes. */
  readonly missingParts: readonly (readonly [hash: string, text: string])[];
}

/**
 * @param readAt when WeCom was asked, in milliseconds since the epoch
 * @param seen the head's item as it was before
 */
export async function storedTag(
  tag: Tag,
  readAt: number,
  seen: Item | undefined,
): Promise<StoredTag> {
  const { userids, departments } = tag;
  const complete = tag.unreadable === 0;
  if (userids.length <= MAX_MEMBERS) {
    const attributes = { departments, complete, userids: userids.join(SEPARATOR) };
    return { head: headInMemory(tag), attributes, missingParts: [] };
  }
  const texts = await partsOf(userids);
  const parts = [...texts.keys()];
  const kept = keptParts(seen, readAt);
  const missingParts = [...texts].filter(([hash]) => !kept.hashes.has(hash));
  const partsUntil = missingParts.length === parts.length ? readAt + PART_TTL_MS : kept.until;
  const attributes = { departments, complete, parts: parts.join(''), partsUntil };
  return { head: { departments, complete, parts }, attributes, missingParts };
}

/** The hash of the part that the member would be in. */
export function partOfMember(hashes: readonly string[], member: string): string {
  return hashes[partOf(member, hashes.length)] ?? '';
}

/** @returns nothing if the part is missing, or its content has another hash */
export async function listsMember(
  text: Value | undefined,
  hash: string,
  member: string,
): Promise<boolean | undefined> {
  if (!isText(text) || (await hashOf(text)) !== hash) return undefined;
  return text.split(SEPARATOR).includes(member);
}

/** The head of a tag of any size that is not stored in parts. */
export function headInMemory({ userids, departments, unreadable }: Tag): TagHead {
  return { departments, complete: unreadable === 0, members: new Set(userids) };
}

/** How many userids, hashes and departments the head holds, and one for itself. */
export function weightOf(head: TagHead): number {
  const count = 'members' in head ? head.members.size : head.parts.length;
  return 1 + count + head.departments.length;
}

/** @returns nothing if the item cannot be read */
export function restoreHead({ departments, complete, userids, parts }: Item): TagHead | undefined {
  const isIds = Array.isArray(departments) && departments.every(Number.isSafeInteger);
  if (!isIds || typeof complete !== 'boolean') return undefined;
  const head = { departments: departments as number[], complete };
  if (isText(userids) && parts === undefined) {
    return { ...head, members: new Set(userids === '' ? [] : userids.split(SEPARATOR)) };
  }
  const hashes = userids === undefined ? hashesIn(parts) : undefined;
  return hashes && { ...head, parts: hashes };
}

/** @returns nothing unless it is a list of hashes whose number is a power of two */
function hashesIn(parts: Value | undefined): readonly string[] | undefined {
  if (!isText(parts) || !/^[\w-]+$/.test(parts)) return undefined;
  const count = parts.length / HASH_CHARACTERS;
  if (count < 1 || !Number.isInteger(Math.log2(count))) return undefined;
  return Array.from({ length: count }, (_, at) =>
    parts.slice(at * HASH_CHARACTERS, (at + 1) * HASH_CHARACTERS),
  );
}

/** The parts that the last head names, and their expiry; none if the next head would outlive them. */
function keptParts(seen: Item | undefined, readAt: number) {
  const until = seen?.['partsUntil'];
  const hashes = hashesIn(seen?.['parts']);
  const none = { hashes: new Set<string>(), until: readAt + PART_TTL_MS };
  if (!isNumber(until) || hashes === undefined) return none;
  const inTime =
    until >= readAt + 2 * TABLE_TTL_MS && until <= readAt + PART_TTL_MS + CLOCK_SKEW_MS;
  return inTime ? { hashes: new Set(hashes), until } : none;
}

/** The text of each part by its hash, in the order of the parts. */
async function partsOf(userids: readonly string[]): Promise<Map<string, string>> {
  const count = 2 ** Math.ceil(Math.log2(userids.length / MAX_MEMBERS));
  const parts = Array.from({ length: count }, (): string[] => []);
  for (const userid of userids) parts[partOf(userid, count)]?.push(userid);
  const texts = parts.map(
    (members, at) => `${count} ${at}${SEPARATOR}${members.sort().join(SEPARATOR)}`,
  );
  return new Map(await Promise.all(texts.map(async (text) => [await hashOf(text), text] as const)));
}

/** The number of the member's part, by FNV-1a. @param count of parts: a power of two */
function partOf(userid: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < userid.length; at++) {
    hash = Math.imul(hash ^ userid.charCodeAt(at), 0x01000193);
  }
  return ((hash ^ (hash >>> 16)) >>> 0) & (count - 1);
}

async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Buffer.from(digest).toString('base64url').slice(0, HASH_CHARACTERS);
}
