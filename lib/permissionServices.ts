import { clock, configuration, once } from './baseServices.ts';
import { createMembershipStore, type MembershipStore } from './directory/membershipStore.ts';
import { createMemberships } from './directory/memberships.ts';
import { createDynamoDb, createTable, type Table } from './dynamodb/table.ts';
import { createGatherFacts } from './permissions/facts.ts';
import { createGroupGrants } from './permissions/groupGrants.ts';
import { createVerify, type Verify } from './permissions/verify.ts';
import { createVerifyAccess, type VerifyAccess } from './permissions/verifyAccess.ts';
import type { Authenticate } from './session/verifySession.ts';

/*
 * The wiring of `verify`, apart from services.ts because its init may load little more than the
 * DynamoDB client: what asks WeCom is behind `import()`, and most requests never need it.
 *
 *   configuration ─► dynamoDb ─► permissionTable ─► groupGrants ────────────────► verify
 *                                       └─► membershipStore ─► memberships ─────────┘
 *                                                                └─ ─► services.ts: directoryReader
 */

const services = once(() => import('./services.ts'));
const sessionServices = once(() => import('./sessionServices.ts'));

export const dynamoDb = once(() => createDynamoDb());

export const permissionTable = once(
  (): Table => createTable(dynamoDb(), configuration().permissionTable),
);

export const membershipStore = once(
  (): MembershipStore => createMembershipStore(permissionTable()),
);

export const memberships = once(() =>
  createMemberships({
    store: membershipStore(),
    reader: async () => (await services()).directoryReader(),
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

/** Only one of the three ways of asking needs sessions. */
const authenticate: Authenticate = async (bearerToken, invocation) =>
  (await sessionServices()).verifySession()(bearerToken, invocation);

export const verifyAccess = once(
  (): VerifyAccess => createVerifyAccess(configuration().verifyAccess, authenticate, verify()),
);
