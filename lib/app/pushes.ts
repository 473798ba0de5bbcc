import { createReceivePush, type ReceivePush } from '../callback/receivePush.ts';
import { createReplayMemory } from '../callback/replayMemory.ts';
import { createDirectoryChanges, type DirectoryChanges } from '../directory/directoryChanges.ts';
import { clock, configuration, once } from './base.ts';
import { openMessage } from './callbacks.ts';
import { departments, membershipStore, memberships, tags } from './directory.ts';
import { cacheTable, permissionTable } from './tables.ts';

/*
 * What a push needs, and a URL verification does not: the XML parser alone is 60 kB.
 *
 *   openMessage ─────────────────────────────────────────► receivePush
 *   cacheTable ─► replayMemory ──────────────────────────────┤
 *   memberships, departments, tags ─► directoryChanges ──────┘
 */

const directoryChanges = /* @__PURE__ */ once(
  (): DirectoryChanges =>
    createDirectoryChanges({
      memberships: memberships(),
      membershipStore: membershipStore(),
      permissionTable: permissionTable(),
      corpId: configuration().corpId,
      departments: departments(),
      tags: tags(),
      clock,
    }),
);

export const receivePush = /* @__PURE__ */ once((): ReceivePush => {
  const { corpId, agentId } = configuration();
  return createReceivePush({
    corpId,
    agentId,
    openMessage: openMessage(),
    replayMemory: createReplayMemory(cacheTable(), corpId, clock),
    directoryChanges: directoryChanges(),
    clock,
  });
});
