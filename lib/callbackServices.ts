import { clock, configuration, once, openMessage } from './baseServices.ts';
import { createReceivePush, type ReceivePush } from './callback/receivePush.ts';
import { createReplayMemory } from './callback/replayMemory.ts';
import { cacheTable, directoryChanges } from './services.ts';

/*
 * The wiring of pushes, apart from services.ts because the XML parser is 60 kB that no other
 * function needs.
 *
 *   baseServices.ts: openMessage ──► receivePush
 *   services.ts: cacheTable ─► replayMemory ─┤
 *                directoryChanges ───────────┘
 */

export const receivePush = once((): ReceivePush => {
  const { corpId, agentId } = configuration();
  return createReceivePush({
    corpId,
    agentId,
    openMessage: openMessage(),
    replayMemory: createReplayMemory(cacheTable(), clock),
    directoryChanges: directoryChanges(),
    clock,
  });
});
