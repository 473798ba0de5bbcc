import { foldUserid } from './wecom/userid.ts';

/*
 * Every key of both tables, and the file that owns the items. `pk` begins with the corp: another
 * corp on the same tables finds nothing of the former. No part of a key can hold `#`, or it stands
 * last, so two items never share a key. A secret or long value goes into a key as its hash.
 *
 *   cache table, may be lost               pk
 *     the access_token and its breaker     <corpId>#token#<agentId>            token/dynamoTokenStore.ts
 *     a ticket of the JS-SDK               <corpId>#ticket#<agentId>#<api>     token/dynamoTokenStore.ts
 *     a state of a sign-in                 <corpId>#state#<hash>               signin/stateStore.ts
 *     a push that was received             <corpId>#callback#<channel>#<hash>  callback/replayMemory.ts
 *     a department as the app sees it      <corpId>#department#<agentId>#<id>  directory/departments.ts
 *     what is above each department        <corpId>#departments#<agentId>      directory/departmentTree.ts
 *     the names of all departments         <corpId>#department-names#<agentId> directory/departmentNames.ts
 *     a tag as the app sees it             <corpId>#tag#<agentId>#<id>         directory/tags.ts
 *     some members of a large tag          <corpId>#members#<agentId>#<hash>   directory/tags.ts
 *
 *     what the OpenID provider keeps       <corpId>#openid#<model>#<hash>      openid/adapter.ts
 *     its sign-in under way at WeCom       <corpId>#openid-state#<hash>        openid/wecomState.ts
 *     a person's name, e-mail and so on    <corpId>#profile#<sub>              openid/claims.ts
 *
 *   permission table, must not be lost     pk                     sk
 *     a membership, as the app sees it     <corpId>#<member>      membership#<agentId>  directory/membershipStore.ts
 *     work to be done on a member's grants <corpId>#<member>      pending#<id>          permissions/personChange.ts
 *     a change of the person behind it     <corpId>#<member>      change#<id>           permissions/personChange.ts
 *     a grant                              <corpId>#<subject>     grant#<permission>    permissions/grantStore.ts
 *     a change of a grant                  <corpId>#audit#<subject>  <time>#<id>        permissions/grantStore.ts
 *     the directory record                 <corpId>#directory     directory             directory/directoryRecord.ts
 *
 *     the person behind a userid           <corpId>#<member>      person                permissions/person.ts
 *     the userid of a person               <corpId>#sub#<sub>     sub                   permissions/person.ts
 *     a person's sign-in at a client       <corpId>#sign-ins#<sub>  <session>#<sid>     openid/signIns.ts
 *     a session that they signed out of    <corpId>#sign-ins#<sub>  ended#<session>     openid/signIns.ts
 *     a client of the OpenID provider      <corpId>#clients       <clientId>            openid/clients.ts
 *     a change of a client                 <corpId>#audit#client#<clientId>  <time>#<id>   administration/clientStore.ts
 *     sessions that were ended by hand     <corpId>#audit#sessions#<sub>     <time>#<id>   commands/sessions/end.ts
 *
 *   A subject is member#<userid>, department#<id>, tag#<id> or everyone. A member's grants and
 *   pending work stand beside the membership, so one Query brings all three.
 *
 *   Grants, pending work, and the audit lines of both grants and clients also have the attribute
 *   `listName`, which puts them into one list of the whole corp: the index `lists`, in the order of `sk`.
 *   Memberships are in no list, so a list does not grow with the company. DynamoDB updates the index a
 *   moment after the item, so what is decided or changed is never read from a list.
 *
 *   What WeCom shows depends on the app that asks, so those items name the agent as well. Grants are
 *   the corp's, whatever app asks. So is the directory record: it lists what grants name, and its
 *   version rises with events of the corp. A second app of the same corp shares it, and at most
 *   reads more often than it must.
 */

/** One app of one corp: the view of WeCom that an item belongs to. */
export interface App {
  readonly corpId: string;
  readonly agentId: string;
}

export function tokenKey(corpId: string, agentId: string) {
  return { pk: `${corpId}#token#${agentId}` };
}

/** @param api the endpoint that issues the ticket */
export function ticketKey({ corpId, agentId }: App, api: string) {
  return { pk: `${corpId}#ticket#${agentId}#${api}` };
}

export function stateKey(corpId: string, stateHash: string) {
  return { pk: `${corpId}#state#${stateHash}` };
}

export function pushKey(corpId: string, channel: string, textHash: string) {
  return { pk: `${corpId}#callback#${channel}#${textHash}` };
}

export function departmentKey({ corpId, agentId }: App, id: number) {
  return { pk: `${corpId}#department#${agentId}#${id}` };
}

/** The one item with the parents of all departments. */
export function departmentListKey({ corpId, agentId }: App) {
  return { pk: `${corpId}#departments#${agentId}` };
}

/** The one item with the names of all departments. */
export function departmentNamesKey({ corpId, agentId }: App) {
  return { pk: `${corpId}#department-names#${agentId}` };
}

export function tagKey({ corpId, agentId }: App, id: number) {
  return { pk: `${corpId}#tag#${agentId}#${id}` };
}

/** @param hash of the very userids that the item holds, so two contents never share a key */
export function tagMembersKey({ corpId, agentId }: App, hash: string) {
  return { pk: `${corpId}#members#${agentId}#${hash}` };
}

export const EVERYONE = 'everyone';

/** One member, in whatever case the userid is written. */
export function memberSubject(userid: string): string {
  return `member#${foldUserid(userid)}`;
}

/** The inverse of `memberSubject`: the folded userid. */
export function useridOfSubject(subject: string): string {
  return subject.slice(subject.indexOf('#') + 1);
}

export function groupSubject(kind: 'department' | 'tag', id: number): string {
  return `${kind}#${id}`;
}

/** What every partition of one corp begins with. */
export function corpPrefix(corpId: string): string {
  return `${corpId}#`;
}

export function subjectPartition(corpId: string, subject: string): string {
  return corpPrefix(corpId) + subject;
}

/** The inverse of `subjectPartition`. */
export function subjectOfPartition(pk: string): string {
  return pk.slice(pk.indexOf('#') + 1);
}

/** The sort key of a membership. */
export function membershipSort(agentId: string): string {
  return `membership#${agentId}`;
}

export function membershipKey({ corpId, agentId }: App, userid: string) {
  return { pk: subjectPartition(corpId, memberSubject(userid)), sk: membershipSort(agentId) };
}

/** What the sort key of work on a member's grants begins with. While there is any, `verify` refuses. */
export const PENDING = 'pending#';

/** Whether the item, by its sort key, is such work. */
export function isPending({ sk }: { readonly sk?: unknown }): boolean {
  return String(sk).startsWith(PENDING);
}

export function pendingKey(corpId: string, userid: string, id: string) {
  return { pk: subjectPartition(corpId, memberSubject(userid)), sk: PENDING + id };
}

/** What the sort key of a change of the person behind a userid begins with. */
export const CHANGE = 'change#';

export function changeKey(corpId: string, userid: string, id: string) {
  return { pk: subjectPartition(corpId, memberSubject(userid)), sk: CHANGE + id };
}

/** What the sort key of a grant begins with. */
export const GRANT = 'grant#';

/** @param subject of a member or group, here and below */
export function grantKey(corpId: string, subject: string, permission: string) {
  return { pk: subjectPartition(corpId, subject), sk: GRANT + permission };
}

export function auditPartition(corpId: string, subject: string): string {
  return `${corpId}#audit#${subject}`;
}

/**
 * @param at milliseconds since the epoch
 * @param id sets apart two changes of the same millisecond
 */
export function auditKey(corpId: string, subject: string, at: number, id: string) {
  return { pk: auditPartition(corpId, subject), sk: `${new Date(at).toISOString()}#${id}` };
}

/** The index of the permission table that `listName` and `sk` are the keys of. */
export const LISTS = 'lists';

/** What `listName` is for items of that kind. */
export function listName(corpId: string, kind: 'grants' | 'pending' | 'audit' | 'client-audit') {
  return `${corpId}#${kind}`;
}

export function directoryKey(corpId: string) {
  return { pk: `${corpId}#directory`, sk: 'directory' };
}

/** A session, grant, interaction, code or token of the OpenID provider. */
export function openidKey(corpId: string, model: string, idHash: string) {
  return { pk: `${corpId}#openid#${model}#${idHash}` };
}

/** A sign-in of the OpenID provider that is under way at WeCom. */
export function openidStateKey(corpId: string, stateHash: string) {
  return { pk: `${corpId}#openid-state#${stateHash}` };
}

/** What the provider's claims are made of. */
export function profileKey(corpId: string, sub: string) {
  return { pk: `${corpId}#profile#${sub}` };
}

export function clientPartition(corpId: string): string {
  return `${corpId}#clients`;
}

export function clientKey(corpId: string, clientId: string) {
  return { pk: clientPartition(corpId), sk: clientId };
}

/** The subject of audit lines about a client. */
export function clientAuditSubject(clientId: string): string {
  return `client#${clientId}`;
}

/** The subject of audit lines about sessions that were ended by hand. */
export function sessionsAuditSubject(sub: string): string {
  return `sessions#${sub}`;
}

/** The sort key of the person behind a userid. */
export const PERSON = 'person';

/** Which person a userid names now. */
export function personKey(corpId: string, userid: string) {
  return { pk: subjectPartition(corpId, memberSubject(userid)), sk: PERSON };
}

/** Which userid a person has now. */
export function subKey(corpId: string, sub: string) {
  return { pk: `${corpId}#sub#${sub}`, sk: 'sub' };
}

export function signInPartition(corpId: string, sub: string): string {
  return `${corpId}#sign-ins#${sub}`;
}

/**
 * A person's sign-in at one client of the OpenID provider.
 *
 * @param session the hash of the session's uid
 * @param sid what the client knows the sign-in by
 */
export function signInKey(corpId: string, sub: string, session: string, sid: string) {
  return { pk: signInPartition(corpId, sub), sk: `${session}#${sid}` };
}

/**
 * A session of the provider that the person signed out of.
 *
 * @param session the hash of its uid
 */
export function endedSessionKey(corpId: string, sub: string, session: string) {
  return { pk: signInPartition(corpId, sub), sk: `ended#${session}` };
}

/** A key, or the key of an item, as one text: a Map finds the items of a batch by it. */
export function keyText({ pk, sk }: { readonly pk?: unknown; readonly sk?: unknown }): string {
  return `${pk} ${sk}`;
}
