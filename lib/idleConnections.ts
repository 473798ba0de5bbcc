import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Clock } from './clock.ts';

/** A Lambda may have been frozen for minutes, and a NAT gateway resets what idles for 350 s. */
const IDLE_LIMIT_MS = 10_000;

/** The connections of an agent that wait for their next request. */
export interface IdleConnections {
  /** Closes those that have idled for more than ten seconds. Call it before each request. */
  closeStale(): void;
  /** Closes all of them. Call it when one turned out dead: the others are likely dead as well. */
  closeAll(): void;
}

/**
 * Notes for each connection of the agent since when it idles. A timer cannot do that: it stands
 * still while a Lambda is frozen.
 */
export function watchIdleConnections(agent: HttpAgent | HttpsAgent, clock: Clock): IdleConnections {
  const idleSince = new WeakMap<object, number>();
  const keep = agent.keepSocketAlive.bind(agent);
  agent.keepSocketAlive = (socket) => {
    idleSince.set(socket, clock.now());
    return keep(socket);
  };

  function close(isDue: (socket: Socket) => boolean) {
    for (const sockets of Object.values<Socket[] | undefined>(agent.freeSockets)) {
      for (const socket of sockets ?? []) if (isDue(socket)) socket.destroy();
    }
  }
  return {
    closeStale: () => {
      const limit = clock.now() - IDLE_LIMIT_MS;
      close((socket) => (idleSince.get(socket) ?? 0) < limit);
    },
    closeAll: () => close(() => true),
  };
}
