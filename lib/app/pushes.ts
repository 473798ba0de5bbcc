import type { MessageCrypt } from '../callback/messageCrypt.ts';
import { PushReceiver } from '../callback/pushReceiver.ts';
import { ReplayMemory } from '../callback/replayMemory.ts';
import { DirectoryUpdates } from '../directory/directoryChanges.ts';
import { createHandOver } from '../handOver/handOver.ts';
import { endEverythingOf } from '../openid/signOutWork.ts';
import { knownSubOf } from '../permissions/person.ts';
import { notePersonChange } from '../permissions/personChange.ts';
import { createDirectory } from './directory.ts';
import { createTables } from './tables.ts';

/**
 * The parts that a push needs and a URL verification does not. The XML parser alone is 60 kB.
 *
 *   messageCrypt ────────────────────────────────────────► pushReceiver
 *   cacheTable ─► replayMemory ──────────────────────────────┤
 *   memberships, tree, tags ────────► directoryChanges ──────┤
 *   permissionTable, handOver ──────► personChanges, signOuts ┘
 */
export function createPushReceiver(
  environment: NodeJS.ProcessEnv,
  messageCrypt: MessageCrypt,
): PushReceiver {
  const tables = createTables(environment);
  const { clock, configuration, cacheTable, permissionTable } = tables;
  const { corpId, agentId, personChangesFunction, signOutsFunction } = configuration();
  const { memberships, membershipStore, tree, tags } = createDirectory(tables);
  const handOver = createHandOver(personChangesFunction, clock);
  const handOverSignOut =
    signOutsFunction === undefined ? undefined : createHandOver(signOutsFunction, clock);
  return new PushReceiver({
    corpId,
    agentId,
    messageCrypt,
    replayMemory: new ReplayMemory({ table: cacheTable(), corpId, clock }),
    directoryChanges: new DirectoryUpdates({
      memberships,
      membershipStore,
      permissionTable: permissionTable(),
      corpId,
      tree,
      tags,
      clock,
    }),
    personChanges: {
      note: (event) => notePersonChange(permissionTable(), corpId, event, clock.now()),
      handOver: (userids) => handOver({ userids }),
    },
    signOuts: {
      async subOf(userid) {
        if (handOverSignOut === undefined) return undefined;
        return knownSubOf({ table: permissionTable(), corpId }, userid);
      },
      async handOver(sub, isCertain) {
        await handOverSignOut?.(endEverythingOf([sub], { isCertain, at: clock.now() }));
      },
    },
    clock,
  });
}
