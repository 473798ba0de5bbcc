import type { Bilingual } from '../bilingual.ts';
import { Forbidden, InvalidRequest, type RequestProblem, StoreUnavailable } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { evaluate } from '../permissions/evaluate.ts';
import { counts, type Grant } from '../permissions/grant.ts';
import type { Change, GrantStore } from '../permissions/grantStore.ts';
import { ADMIN_PERMISSIONS, ANY_PERMISSION } from '../permissions/permissionName.ts';
import { parseSubjectKey } from '../permissions/subject.ts';
import { gatherFacts, type MemberPermissionsParts, type Verify } from '../permissions/verify.ts';
import { lackedFor, neededFor } from './access.ts';
import { type Confirmation, Unconfirmed } from './errors.ts';
import { type PlannedChange, plan } from './grantChanges.ts';
import { showSubject } from './grantJson.ts';
import { type GrantRequest, readMember, readPair, readTerms } from './grantRequest.ts';
import { InvalidInput } from './invalidInput.ts';
import { grantsOfPermission } from './lists.ts';
import type { Reach, Reached } from './reach.ts';
import { EVERYONE_SUBJECTS, widensToEveryone } from './widening.ts';

/*
 * Changes of grants in the console: a preview, and then the same lines again with the versions that the
 * preview showed.
 */

/** A change as an administrator writes it. */
export interface WrittenChange {
  readonly action: 'grant' | 'deny' | 'revoke' | 'reinstate';
  readonly subject: string;
  readonly permission: string;
  readonly until?: string | undefined;
  readonly note?: string | undefined;
}

export interface ConsoleGrantsParts {
  /** Changes grants in the administrator's name. */
  readonly store: GrantStore;
  readonly permissions: MemberPermissionsParts;
  readonly verify: Verify;
}

/** A grant that was never changed since versions exist has none. */
const UNVERSIONED = 'none';

/** What a change of a grant names, so that it is refused if somebody else has changed the grant since. */
export function versionOf(grant: Grant | undefined): string | null {
  return grant === undefined ? null : (grant.version ?? UNVERSIONED);
}

/**
 * Reads the lines of a request.
 *
 * @param now milliseconds since the epoch, here and below
 * @throws InvalidRequest that lists every wrong line
 */
export function readChanges(written: readonly WrittenChange[], now: number): GrantRequest[] {
  const problems: RequestProblem[] = [];
  const requests = new Map<string, GrantRequest>();
  for (const [at, each] of written.entries()) {
    try {
      const request = readChange(each, now);
      const name = `${showSubject(request.subject)} ${request.permission}`;
      if (requests.has(name)) {
        throw new InvalidInput({ zh: `重复：${name}`, en: `Duplicate: ${name}` });
      }
      requests.set(name, request);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      problems.push({ line: at + 1, ...error.text });
    }
  }
  if (problems.length > 0) throw new InvalidRequest(`${problems.length} 项修改有误`, problems);
  return [...requests.values()];
}

/** @throws InvalidInput */
function readChange(written: WrittenChange, now: number): GrantRequest {
  const { action, until, note } = written;
  const pair = readPair(written.subject, written.permission);
  if (action === 'grant' || action === 'deny') {
    const terms = readTerms(action === 'grant' ? 'allow' : 'deny', until, note);
    if (terms.until === undefined || terms.until > now) return { ...pair, terms };
    throw new InvalidInput({ zh: 'until 已经过去', en: 'until is in the past' });
  }
  if (until !== undefined || note !== undefined) {
    throw new InvalidInput({
      zh: 'until 和 note 只用于 grant 和 deny',
      en: 'until and note are for grant and deny',
    });
  }
  if (action === 'revoke') return pair;
  readMember(written.subject);
  return { ...pair, reinstates: true };
}

/** What one line of a preview would do. */
export interface PreviewLine extends Reached {
  readonly change: Change;
  /** `pending`: grants of the member are being suspended or moved, and nothing can be changed now. */
  readonly outcome: PlannedChange['outcome'] | 'pending';
  readonly widensEveryone: boolean;
  /** The permission for this change that the administrator lacks. */
  readonly needs: string | undefined;
}

export interface Preview {
  readonly lines: readonly PreviewLine[];
  readonly confirm: readonly Confirmation[];
  readonly notChecked: Bilingual | undefined;
}

/**
 * What the changes would do. Nothing is changed.
 *
 * @throws StoreUnavailable
 */
export async function preview(
  parts: ConsoleGrantsParts,
  requests: readonly GrantRequest[],
  userid: string,
  reach: Reach,
  invocation: Invocation,
): Promise<Preview> {
  const now = parts.permissions.clock.now();
  const changes = await plan(requests, parts.store);
  const names = changes.map(({ permission }) => permission);
  const lacked = await lackedFor(names, userid, parts.verify, invocation);
  const pending = await pendingSubjects(changes, parts.store);
  const reached = new Map<string, Reached>();
  for (const { subject } of changes) {
    const parsed = parseSubjectKey(subject);
    if (parsed && !reached.has(subject)) reached.set(subject, await reach.of(parsed));
  }
  const effective = changes.filter(({ outcome }) => outcome === 'change');
  const confirm = await confirmationsFor(parts, effective, userid, now, invocation);
  return {
    lines: changes.map((change) => {
      const { subject, permission, outcome } = change;
      const needed = neededFor(permission);
      const isChange = outcome === 'change';
      return {
        change,
        outcome: isChange && pending.has(subject) ? 'pending' : outcome,
        widensEveryone: isChange && widensToEveryone(change, now),
        needs: needed !== undefined && lacked.has(needed) ? needed : undefined,
        ...(reached.get(subject) ?? { shown: null, members: null }),
      };
    }),
    confirm,
    notChecked: reach.notChecked,
  };
}

async function pendingSubjects(
  changes: readonly Change[],
  store: GrantStore,
): Promise<ReadonlySet<string>> {
  const members = [...new Set(changes.map(({ subject }) => subject))].filter(
    (subject) => parseSubjectKey(subject)?.kind === 'member',
  );
  const pending = new Set<string>();
  for (let from = 0; from < members.length; from += AT_ONCE) {
    const some = members.slice(from, from + AT_ONCE);
    const found = await Promise.all(some.map((subject) => store.isPending(subject)));
    for (const [at, subject] of some.entries()) if (found[at]) pending.add(subject);
  }
  return pending;
}

/** Lines at a time. */
const AT_ONCE = 10;

/** A line, and the version of its grant that the administrator saw. */
export interface ConfirmedRequest {
  readonly request: GrantRequest;
  readonly version: string | null;
}

export interface ChangeResult {
  readonly subject: string;
  readonly permission: string;
  /** `failed`: AWS failed in the middle of it. */
  readonly outcome:
    | 'changed'
    | 'unchanged'
    | 'absent'
    | 'conflict'
    | 'pending'
    | 'too-many-tags'
    | 'failed';
  /** As it is now. */
  readonly grant: Grant | undefined;
}

/**
 * Makes the changes, line by line: one whose grant has another version is a conflict, and the others are
 * made all the same.
 *
 * @returns the outcomes in order
 * @throws Forbidden if the administrator may not change one of these grants, and nothing was changed
 * @throws Unconfirmed if a confirmation is missing, and nothing was changed
 * @throws StoreUnavailable if nothing could be changed
 */
export async function makeChanges(
  parts: ConsoleGrantsParts,
  confirmed: readonly ConfirmedRequest[],
  accept: readonly Confirmation[],
  userid: string,
  invocation: Invocation,
): Promise<readonly ChangeResult[]> {
  const { store, verify, permissions } = parts;
  const names = confirmed.map(({ request }) => request.permission);
  const lacked = await lackedFor(names, userid, verify, invocation);
  if (lacked.size > 0) {
    throw new Forbidden(`To change these grants takes ${[...lacked].join(' and ')}`);
  }

  const changes = await plan(
    confirmed.map(({ request }) => request),
    store,
  );
  const isCurrent = (at: number) => versionOf(changes[at]?.before) === confirmed[at]?.version;
  const effective = changes.filter(({ outcome }, at) => outcome === 'change' && isCurrent(at));
  const now = permissions.clock.now();
  const needed = await confirmationsFor(parts, effective, userid, now, invocation);
  const missing = needed.find((each) => !accept.includes(each));
  if (missing !== undefined) throw new Unconfirmed(missing);

  const outcomes: ChangeResult['outcome'][] = [];
  let failure: unknown;
  for (let from = 0; from < changes.length; from += AT_ONCE) {
    const some = changes.slice(from, from + AT_ONCE).map(async (change, at) => {
      if (!isCurrent(from + at)) return 'conflict';
      if (change.outcome !== 'change') return change.outcome;
      const outcome = await store.change(change).catch((error: unknown) => {
        if (!(error instanceof StoreUnavailable)) throw error;
        failure ??= error;
        return 'failed' as const;
      });
      return outcome === 'done' ? 'changed' : outcome;
    });
    outcomes.push(...(await Promise.all(some)));
  }
  if (failure !== undefined && !outcomes.includes('changed')) throw failure;
  const grants = await store.read(changes);
  return changes.map(({ subject, permission }, at) => ({
    subject,
    permission,
    outcome: outcomes[at] ?? 'failed',
    grant: grants[at],
  }));
}

/** What an administrator has to confirm before these changes are made. */
async function confirmationsFor(
  parts: ConsoleGrantsParts,
  changes: readonly Change[],
  userid: string,
  now: number,
  invocation: Invocation,
): Promise<Confirmation[]> {
  const confirmations: Confirmation[] = [];
  const aboutPower = changes.filter(({ permission }) => POWERS.includes(permission));
  if (aboutPower.length > 0) {
    if (await locksOutEveryone(parts, aboutPower, now)) confirmations.push('locks-out-everyone');
    if (await locksOut(parts, aboutPower, userid, now, invocation)) {
      confirmations.push('locks-out-you');
    }
  }
  if (changes.some((change) => widensToEveryone(change, now))) {
    confirmations.push('widens-everyone');
  }
  return confirmations;
}

/** Grants of these decide who administers permissions. */
const POWERS: readonly string[] = [ADMIN_PERMISSIONS, ANY_PERMISSION];

/** Whether the member does not hold `admin:permissions` any more after the changes. */
async function locksOut(
  { permissions }: ConsoleGrantsParts,
  changes: readonly Change[],
  userid: string,
  now: number,
  invocation: Invocation,
): Promise<boolean> {
  const facts = await gatherFacts(permissions, userid, ADMIN_PERMISSIONS, invocation);
  const subjects = [...facts.subjects, ...facts.unreadable];
  const own = changes.filter(({ subject }) => subjects.includes(subject));
  const after = { ...facts, grants: changed(facts.grants, own, now) };
  return !evaluate(after, ADMIN_PERMISSIONS, now).authorized;
}

/** Whether no grant that counts gives anybody `admin:permissions` any more after the changes. */
async function locksOutEveryone(
  { store, permissions: { table, app } }: ConsoleGrantsParts,
  changes: readonly Change[],
  now: number,
): Promise<boolean> {
  const listed = await grantsOfPermission({ table, corpId: app.corpId }, ADMIN_PERMISSIONS);
  // The list may be a moment old.
  const current = await store.read(listed.slice(0, MAX_READ_AGAIN));
  const known = [
    ...current.filter((grant) => grant !== undefined),
    ...listed.slice(MAX_READ_AGAIN),
  ];
  const after = changed(known, changes, now).filter((grant) => counts(grant, now));
  const isDenied = after.some(
    ({ subject, effect }) => effect === 'deny' && EVERYONE_SUBJECTS.includes(subject),
  );
  return isDenied || !after.some(({ effect }) => effect === 'allow');
}

/** What `GrantStore.read` takes. */
const MAX_READ_AGAIN = 100;

/** The grants after the changes. */
function changed(grants: readonly Grant[], changes: readonly Change[], now: number): Grant[] {
  const isChanged = (grant: Grant) =>
    changes.some(
      ({ subject, permission }) => grant.subject === subject && grant.permission === permission,
    );
  const made = changes.flatMap(({ subject, permission, after }) =>
    after ? [{ subject, permission, ...after, by: '', at: now }] : [],
  );
  return [...grants.filter((grant) => !isChanged(grant)), ...made];
}
