import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Clock } from './clock.ts';

/** A Lambda may have been frozen for minutes, and a NAT gateway resets what idles for 350 s. */
const IDLE_LIMIT_MS = 10_000;

/** The idle connections of an agent. */
export interface IdleConnections {
  /** Closes those that were idle for more than ten seconds. Call it before each request. */
  closeStale(): void;
  /** Closes all of them. Call it when one was dead: the others probably are as well. */
  closeAll(): void;
}

/**
 * Records when each connection of the agent became idle. A timer would not do: it stops while a
 * Lambda is frozen.
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
