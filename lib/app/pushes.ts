import type { KnownEvent } from '../callback/event.ts';
import type { MessageCrypt } from '../callback/messageCrypt.ts';
import { PushReceiver } from '../callback/pushReceiver.ts';
import { ReplayMemory } from '../callback/replayMemory.ts';
import { DirectoryUpdates } from '../directory/directoryChanges.ts';
import { EventNotSent } from '../events/errors.ts';
import { createHandOver } from '../handOver/handOver.ts';
import type { Invocation } from '../invocation.ts';
import { endEverythingOf } from '../openid/signOutWork.ts';
import { knownSubOf } from '../permissions/person.ts';
import { notePersonChange } from '../permissions/personChange.ts';
import { lazy } from './base.ts';
import { createDirectory } from './directory.ts';
import { createTables } from './tables.ts';

/**
 * The parts that a push needs and a URL verification does not. The XML parser alone is 60 kB.
 *
 *   messageCrypt ────────────────────────────────────────► pushReceiver
 *   cacheTable ─► replayMemory ──────────────────────────────┤
 *   memberships, tree, tags ────────► directoryChanges ──────┤
 *   permissionTable, handOver ──────► personChanges, signOuts ┤
 *   events, where there is a bus ────────────────────────────┘
 */
export function createPushReceiver(
  environment: NodeJS.ProcessEnv,
  messageCrypt: MessageCrypt,
): PushReceiver {
  const tables = createTables(environment);
  const { clock, configuration, cacheTable, permissionTable } = tables;
  const { corpId, agentId, personChangesFunction, signOutsFunction, eventQueue } = configuration();
  const { memberships, membershipStore, tree, tags } = createDirectory(tables);
  const handOver = createHandOver(personChangesFunction, clock);
  const handOverSignOut =
    signOutsFunction === undefined ? undefined : createHandOver(signOutsFunction, clock);
  const publish =
    eventQueue === undefined
      ? undefined
      : lazy(async () => {
          const { createEvents } = await import('./events.ts');
          const { notified } = createEvents(tables, eventQueue);
          return async (event: KnownEvent, invocation: Invocation) => {
            const reason = await notified(event, invocation);
            if (reason) throw new EventNotSent('SQS did not accept the event', { reason });
          };
        });
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
    ...(publish && { publish }),
    clock,
  });
}
