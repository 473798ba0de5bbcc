import type { OpenMessage } from '../callback/openMessage.ts';
import { createReceivePush, type ReceivePush } from '../callback/receivePush.ts';
import { createReplayMemory } from '../callback/replayMemory.ts';
import { createDirectoryChanges } from '../directory/directoryChanges.ts';
import { createDirectory } from './directory.ts';
import { createTables } from './tables.ts';

/**
 * What a push needs, and a URL verification does not: the XML parser alone is 60 kB.
 *
 *   openMessage ─────────────────────────────────────────► receivePush
 *   cacheTable ─► replayMemory ──────────────────────────────┤
 *   memberships, departments, tags ─► directoryChanges ──────┘
 */
export function createPushReceiver(
  environment: NodeJS.ProcessEnv,
  openMessage: OpenMessage,
): ReceivePush {
  const tables = createTables(environment);
  const { clock, configuration, cacheTable, permissionTable } = tables;
  const { corpId, agentId } = configuration();
  const { memberships, membershipStore, departments, tags } = createDirectory(tables);
  return createReceivePush({
    corpId,
    agentId,
    openMessage,
    replayMemory: createReplayMemory(cacheTable(), corpId, clock),
    directoryChanges: createDirectoryChanges({
      memberships,
      membershipStore,
      permissionTable: permissionTable(),
      corpId,
      departments,
      tags,
      clock,
    }),
    clock,
  });
}
