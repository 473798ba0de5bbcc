import type { TimeSource } from '../clock.ts';
import { effectiveMembership } from '../directory/freshness.ts';
import { readMembership } from '../directory/membership.ts';
import type { Item } from '../dynamodb/item.ts';
import type { Key, Table } from '../dynamodb/table.ts';
import { type KnownPerson, readKnownPerson } from '../permissions/person.ts';
import { type App, keyText, membershipKey, subKey } from '../tableKeys.ts';
import type { Groups } from './claims.ts';

/** A person as the permission table knows them; WeCom is not asked. */
export interface StoredPerson {
  readonly person: KnownPerson;
  /** Absent if the person left or is disabled, or if no membership is stored that may still be used. */
  readonly groups?: Groups;
}

/**
 * Reads the person behind a `sub`, with their groups.
 *
 * @param table the permission table
 * @throws StoreUnavailable
 */
export async function readStoredPerson(
  table: Table,
  app: App,
  sub: string,
  clock: TimeSource,
): Promise<StoredPerson> {
  // The userid is the sub unless it was changed, so that one request usually reads both.
  const keys = [subKey(app.corpId, sub), membershipKey(app, sub)] as const;
  const items = await table.batchGet(keys);
  const person = readKnownPerson(itemOf(items, keys[0]));
  const { userid } = person;
  if (userid === undefined) return { person };
  const key = membershipKey(app, userid);
  const item = keyText(key) === keyText(keys[1]) ? itemOf(items, key) : await table.get(key);
  const membership = effectiveMembership(readMembership(item), clock.now());
  return { person, ...(membership?.state === 'active' && { groups: membership }) };
}

/** The item of a BatchGetItem that has the key, if there is one. */
export function itemOf(items: readonly Item[], key: Key): Item | undefined {
  return items.find((item) => keyText(item) === keyText(key));
}
