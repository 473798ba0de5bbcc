import * as v from 'valibot';
import type { TimeSource } from '../clock.ts';
import type { Table } from '../dynamodb/table.ts';
import { profileKey } from '../tableKeys.ts';

/** What a sign-in learnt about a person, stored for their claims. Each is `''` if WeCom gave nothing. */
const Profile = v.object({
  userid: v.string(),
  name: v.string(),
  /** WeCom's biz_mail, which only the company can set; never the mail that members set themselves. */
  companyEmail: v.string(),
  mobile: v.string(),
  department: v.string(),
  position: v.string(),
  /** Full paths of the member's departments by id, where a client asked for them. */
  departmentPaths: v.optional(v.record(v.string(), v.string())),
});
export type Profile = v.InferOutput<typeof Profile>;

/** A refresh token of the session's last minute lives 30 days (provider.ts); and a day more. */
const KEPT_AFTER_SESSION_SECONDS = 31 * 24 * 60 * 60;

/** @throws StoreUnavailable */
export async function readProfile(
  table: Table,
  corpId: string,
  sub: string,
): Promise<Profile | undefined> {
  const stored = v.safeParse(Profile, await table.get(profileKey(corpId, sub)));
  return stored.success ? stored.output : undefined;
}

/**
 * Stores what a sign-in learnt. A QR sign-in gives neither e-mail nor mobile, so those of an earlier
 * sign-in stay.
 *
 * @throws StoreUnavailable
 */
export async function keepProfile(
  table: Table,
  corpId: string,
  sub: string,
  profile: Omit<Profile, 'departmentPaths'>,
  lifetime: { readonly clock: TimeSource; readonly providerSessionSeconds: number },
): Promise<void> {
  const seconds = lifetime.providerSessionSeconds + KEPT_AFTER_SESSION_SECONDS;
  const ttl = Math.ceil(lifetime.clock.now() / 1_000) + seconds;
  const { companyEmail, mobile, ...always } = profile;
  const given = { ...(companyEmail && { companyEmail }), ...(mobile && { mobile }) };
  const missing = { ...(!companyEmail && { companyEmail }), ...(!mobile && { mobile }) };
  const set = { ...always, ...given, ttl };
  const names = Object.keys({ ...set, ...missing });
  await table.update(profileKey(corpId, sub), {
    expression: `SET ${[
      ...Object.keys(set).map((name) => `#${name} = :${name}`),
      ...Object.keys(missing).map((name) => `#${name} = if_not_exists(#${name}, :${name})`),
    ].join(', ')}`,
    names: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    values: Object.fromEntries(
      Object.entries({ ...set, ...missing }).map(([name, value]) => [`:${name}`, value]),
    ),
  });
}

/**
 * Stores the full paths of a person's departments, by id. Nothing else of the profile is written, so
 * that what a sign-in stores at the same time stays. Without a profile nothing is written.
 *
 * @throws StoreUnavailable
 */
export async function keepDepartmentPaths(
  table: Table,
  corpId: string,
  sub: string,
  departmentPaths: Readonly<Record<string, string>>,
): Promise<void> {
  await table.update(
    profileKey(corpId, sub),
    { expression: 'SET departmentPaths = :paths', values: { ':paths': departmentPaths } },
    'attribute_exists(pk)',
  );
}

/** The groups of a person, as their membership says it now. */
export interface Groups {
  /** Ids of the person's departments and all above them, the nearest first. */
  readonly departments: readonly number[];
  /** Ids of the tags that grants name. */
  readonly tags: readonly number[];
}

/** What each scope gives; `sub` comes with `openid`. */
export const CLAIMS_OF_SCOPES = {
  openid: ['sub'],
  profile: ['name', 'preferred_username', 'department', 'position', 'groups'],
  email: ['email', 'email_verified'],
  phone: ['phone_number'],
  groups: ['groups'],
} as const;

/** Larger lists make tokens that do not fit into a header. */
const MAX_GROUPS = 100;
const MAX_GROUPS_BYTES = 4_096;

/**
 * The claims of a person for one client, the same in the ID token and at userinfo.
 *
 * `email` is only the company's address, with `email_verified: true`. Where there is none both are
 * absent: `email_verified: false` would make relying parties refuse the person.
 *
 * @returns the claims, and how many groups were left out
 */
export function claimsOf(
  sub: string,
  profile: Profile,
  groups: Groups,
  client: { readonly emailDomain: string | undefined; readonly groupPaths: boolean },
): { claims: Record<string, unknown>; omittedGroups: number } {
  const { userid, name, companyEmail, mobile, department, position } = profile;
  const pathOf = (id: number) => (client.groupPaths ? profile.departmentPaths?.[id] : undefined);
  const all = [
    ...groups.departments.map((id) => pathOf(id) ?? `department:${id}`),
    ...groups.tags.map((id) => `tag:${id}`),
  ];
  const kept = bounded(all);
  const email = client.emailDomain
    ? { email: `${userid.toLowerCase()}@${client.emailDomain}` }
    : companyEmail && { email: companyEmail, email_verified: true };
  return {
    claims: {
      sub,
      preferred_username: userid,
      groups: kept,
      ...(name && { name }),
      ...(department && { department }),
      ...(position && { position }),
      ...(mobile && { phone_number: mobile }),
      ...(email || {}),
    },
    omittedGroups: all.length - kept.length,
  };
}

function bounded(groups: readonly string[]): string[] {
  const kept: string[] = [];
  let bytes = 0;
  for (const group of groups) {
    // In JSON, with quotes and comma.
    bytes += Buffer.byteLength(group) + 3;
    if (kept.length >= MAX_GROUPS || bytes > MAX_GROUPS_BYTES) break;
    kept.push(group);
  }
  return kept;
}
