import { createGatherFacts } from '../permissions/facts.ts';
import { createGroupGrants } from '../permissions/groupGrants.ts';
import { createVerify, type Verify } from '../permissions/verify.ts';
import { createVerifyAccess, type VerifyAccess } from '../permissions/verifyAccess.ts';
import { clock, configuration, once } from './base.ts';
import { permissionTable } from './tables.ts';

/*
 * The init of `verify` may load little more than the DynamoDB client: what asks WeCom, and what
 * checks sessions, is behind `import()`, and most requests need neither.
 *
 *   permissionTable ─► groupGrants ─► verify ──────────► verifyAccess
 *                                        └─ ─► directory.ts   └─ ─► sessions.ts
 */

const directory = /* @__PURE__ */ once(() => import('./directory.ts'));
const sessions = /* @__PURE__ */ once(() => import('./sessions.ts'));

export const verify = /* @__PURE__ */ once((): Verify => {
  const gatherFacts = createGatherFacts(
    permissionTable(),
    configuration(),
    createGroupGrants(permissionTable(), configuration().corpId, clock),
    async (...due) => (await directory()).memberships().current(...due),
    clock,
  );
  return createVerify(gatherFacts, clock);
});

export const verifyAccess = /* @__PURE__ */ once(
  (): VerifyAccess =>
    createVerifyAccess(
      configuration().verifyAccess,
      async (...proof) => (await sessions()).verifySession()(...proof),
      verify(),
    ),
);
