import { foldUserid } from './wecom/userid.ts';

/*
 * Every key of both tables, and who owns the items. No part of a key can hold `#`, or it stands
 * last, so two things never share a key. What is secret or long goes into a key as its hash.
 *
 *   cache table: what may be lost           pk
 *     the access_token and its breaker      token#<corpId>#<agentId>         token/dynamoTokenStore.ts
 *     a state of a sign-in                  state#<hash of the state>        signin/stateStore.ts
 *     a push that was received              callback#<channel>#<hash>        callback/replayMemory.ts
 *     a department as WeCom shows it        department#<corpId>#<id>         directory/departments.ts
 *     a tag as WeCom shows it               tag#<corpId>#<id>                directory/tags.ts
 *
 *   permission table: what may not          pk                  sk
 *     what WeCom says of a member           member#<userid>     membership         directory/membershipStore.ts
 *     a grant                               <subject>           grant#<permission> permissions/grantStore.ts
 *     a change of a grant                   audit#<subject>     <time>#<id>        permissions/grantStore.ts
 *     the directory's version, named tags   directory           directory          directory/directoryRecord.ts
 *
 *   A subject is member#<userid>, department#<id>, tag#<id> or everyone: so a member's grants stand
 *   beside the membership, and one Query brings both.
 */

export function tokenKey(corpId: string, agentId: string) {
  return { pk: `token#${corpId}#${agentId}` };
}

export function stateKey(stateHash: string) {
  return { pk: `state#${stateHash}` };
}

export function pushKey(channel: string, textHash: string) {
  return { pk: `callback#${channel}#${textHash}` };
}

export function departmentKey(corpId: string, id: number) {
  return { pk: `department#${corpId}#${id}` };
}

export function tagKey(corpId: string, id: number) {
  return { pk: `tag#${corpId}#${id}` };
}

export const EVERYONE = 'everyone';

/** Of one member, in whatever case the userid is written. */
export function memberPartition(userid: string): string {
  return `member#${foldUserid(userid)}`;
}

export function groupPartition(kind: 'department' | 'tag', id: number): string {
  return `${kind}#${id}`;
}

export const MEMBERSHIP = 'membership';

export function membershipKey(userid: string) {
  return { pk: memberPartition(userid), sk: MEMBERSHIP };
}

/** What precedes the permission in the sort key of a grant. */
export const GRANT = 'grant#';

/** @param subject the partition of a member or group, here and below */
export function grantKey(subject: string, permission: string) {
  return { pk: subject, sk: GRANT + permission };
}

export function auditPartition(subject: string): string {
  return `audit#${subject}`;
}

/**
 * @param at milliseconds since the epoch
 * @param id sets apart two changes of the same millisecond
 */
export function auditKey(subject: string, at: number, id: string) {
  return { pk: auditPartition(subject), sk: `${new Date(at).toISOString()}#${id}` };
}

export const directoryKey = { pk: 'directory', sk: 'directory' } as const;

/** A key as one text, or the key of an item: to find again what one request brought of many. */
export function keyText({ pk, sk }: { readonly pk?: unknown; readonly sk?: unknown }): string {
  return `${pk} ${sk}`;
}
