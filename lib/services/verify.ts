import { createMemberships } from '../directory/memberships.ts';
import { createGatherFacts } from '../permissions/facts.ts';
import { createGroupGrants } from '../permissions/groupGrants.ts';
import { createVerify, type Verify } from '../permissions/verify.ts';
import { createVerifyAccess, type VerifyAccess } from '../permissions/verifyAccess.ts';
import type { Authenticate } from '../session/verifySession.ts';
import { clock, configuration, once } from './base.ts';
import { membershipStore, permissionTable } from './tables.ts';

/*
 * The init of `verify` may load little more than the DynamoDB client: what asks WeCom, and what
 * checks sessions, is behind `import()`, and most requests need neither.
 *
 *   permissionTable ─► groupGrants ──────────────────────► verify ─► verifyAccess
 *   membershipStore ─► memberships ─────────────────────────┘            └─ ─► sessions.ts
 *                           └─ ─► directory.ts: directoryReader
 */

const directory = once(() => import('./directory.ts'));
const sessions = once(() => import('./sessions.ts'));

export const memberships = once(() =>
  createMemberships({
    store: membershipStore(),
    reader: async () => (await directory()).directoryReader(),
    clock,
  }),
);

export const verify = once((): Verify => {
  const groupGrants = createGroupGrants(permissionTable(), clock);
  return createVerify(
    createGatherFacts(permissionTable(), groupGrants, memberships(), clock),
    clock,
  );
});

const authenticate: Authenticate = async (bearerToken, invocation) =>
  (await sessions()).verifySession()(bearerToken, invocation);

export const verifyAccess = once(
  (): VerifyAccess => createVerifyAccess(configuration().verifyAccess, authenticate, verify()),
);
