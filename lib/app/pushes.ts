import type { MessageCrypt } from '../callback/messageCrypt.ts';
import { PushReceiver } from '../callback/pushReceiver.ts';
import { ReplayMemory } from '../callback/replayMemory.ts';
import { createDirectoryChanges } from '../directory/directoryChanges.ts';
import { createDirectory } from './directory.ts';
import { createTables } from './tables.ts';

/**
 * What a push needs, and a URL verification does not: the XML parser alone is 60 kB.
 *
 *   messageCrypt ────────────────────────────────────────► pushReceiver
 *   cacheTable ─► replayMemory ──────────────────────────────┤
 *   memberships, departments, tags ─► directoryChanges ──────┘
 */
export function createPushReceiver(
  environment: NodeJS.ProcessEnv,
  messageCrypt: MessageCrypt,
): PushReceiver {
  const tables = createTables(environment);
  const { clock, configuration, cacheTable, permissionTable } = tables;
  const { corpId, agentId } = configuration();
  const { memberships, membershipStore, departments, tags } = createDirectory(tables);
  return new PushReceiver({
    corpId,
    agentId,
    messageCrypt,
    replayMemory: new ReplayMemory({ table: cacheTable(), corpId, clock }),
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
