import { isText } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import { personKey, subKey } from '../tableKeys.ts';
import { foldUserid } from '../wecom/userid.ts';

/*
 * Who a `sub` names: a person, whatever WeCom calls them. It is the first userid that they signed in
 * under, folded, and it stays when the userid changes. A later person under the same userid gets
 * another one.
 *
 *   person of a userid   <corpId>#member#<userid>  person   sub
 *   userid of a sub      <corpId>#sub#<sub>        sub      userid
 *
 * The item under `sub` is never deleted while the person may come back, so no `sub` is given twice.
 */

/** A userid that had this many people before is a mistake. */
const MAX_PEOPLE = 100;

/**
 * The `sub` of the member, made at the first sign-in.
 *
 * Each step is one conditional write, so of two sign-ins at once both get the same.
 *
 * @throws StoreUnavailable
 */
export async function subOf(table: Table, corpId: string, userid: string): Promise<string> {
  const member = foldUserid(userid);
  for (let people = 1; people <= MAX_PEOPLE; people += 1) {
    const known = (await table.get(personKey(corpId, member)))?.['sub'];
    if (isText(known)) return known;
    // A userid cannot hold `~`, so no other member's sub looks like this.
    const sub = people === 1 ? member : `${member}~${people}`;
    if (await claim(table, corpId, sub, member)) return sub;
  }
  throw new StoreUnavailable('No sub is left for the userid', { reason: 'too many' });
}

async function claim(table: Table, corpId: string, sub: string, member: string): Promise<boolean> {
  const isNew = await table.update(
    subKey(corpId, sub),
    { expression: 'SET userid = :userid', values: { ':userid': member } },
    'attribute_not_exists(pk)',
  );
  // The first step may have been done by a sign-in that ended before the second.
  if (!isNew && (await useridOf(table, corpId, sub)) !== member) return false;
  const isFirst = await table.update(
    personKey(corpId, member),
    { expression: 'SET #sub = :sub', names: { '#sub': 'sub' }, values: { ':sub': sub } },
    'attribute_not_exists(pk) OR #sub = :sub',
  );
  return isFirst;
}

/** The userid that the person has now; nothing for a `sub` that nobody has. @throws StoreUnavailable */
export async function useridOf(
  table: Table,
  corpId: string,
  sub: string,
): Promise<string | undefined> {
  const userid = (await table.get(subKey(corpId, sub)))?.['userid'];
  return isText(userid) ? userid : undefined;
}

/**
 * Follows a change of userid: the person keeps their `sub`.
 *
 * May be repeated. A person who signed in under the new userid first keeps that `sub`.
 *
 * @throws StoreUnavailable
 */
export async function renamePerson(
  table: Table,
  corpId: string,
  from: string,
  to: string,
): Promise<void> {
  const sub = (await table.get(personKey(corpId, from)))?.['sub'];
  if (!isText(sub)) return;
  const moved = await table.update(
    personKey(corpId, to),
    { expression: 'SET #sub = :sub', names: { '#sub': 'sub' }, values: { ':sub': sub } },
    'attribute_not_exists(pk) OR #sub = :sub',
  );
  if (moved) {
    await table.update(
      subKey(corpId, sub),
      {
        expression: 'SET userid = :to',
        values: { ':to': foldUserid(to), ':from': foldUserid(from) },
      },
      'userid = :from OR userid = :to',
    );
  }
  await forgetPerson(table, corpId, from, sub);
}

/** Parts the userid from its person: the next member under it is another person. @throws StoreUnavailable */
export async function retirePerson(table: Table, corpId: string, userid: string): Promise<void> {
  const sub = (await table.get(personKey(corpId, userid)))?.['sub'];
  if (!isText(sub)) return;
  await table.update(
    subKey(corpId, sub),
    {
      expression: 'REMOVE userid SET formerUserid = :userid',
      values: { ':userid': foldUserid(userid) },
    },
    'userid = :userid',
  );
  await forgetPerson(table, corpId, userid, sub);
}

async function forgetPerson(table: Table, corpId: string, userid: string, sub: string) {
  await table.delete(personKey(corpId, userid), {
    expression: '#sub = :sub',
    names: { '#sub': 'sub' },
    values: { ':sub': sub },
  });
}
