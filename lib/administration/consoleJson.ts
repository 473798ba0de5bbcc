import type { AuditLine } from '../permissions/audit.ts';
import type { Grant } from '../permissions/grant.ts';
import { versionOf } from './consoleGrants.ts';
import { grantJson, showCause, showSubject, termsJson } from './grantJson.ts';

/* What the console reads beyond what the commands print. */

/** A grant with what a change of it names. @param now milliseconds since the epoch */
export function consoleGrant(grant: Grant, now: number): Record<string, unknown> {
  return { ...grantJson(grant, now), version: versionOf(grant) };
}

/** An audit line of a grant. */
export function historyLine({ at, by, subject, permission, before, after, cause }: AuditLine) {
  return {
    at: new Date(at).toISOString(),
    by,
    subject: showSubject(subject),
    permission,
    before: termsJson(before),
    after: termsJson(after),
    ...(cause && { cause: { ...cause, ...showCause(cause) } }),
  };
}
