import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What is left in a process after a garbage collection. */
export interface MemoryAnswer {
  /** Heap and external memory of the main thread. */
  readonly usedBytes: number;
  /** Of the whole process. */
  readonly residentBytes: number;
  /** Sockets, timers and whatever else keeps an event loop busy. */
  readonly handles: number;
  /** The threads of serverless-offline, one for each instance of a function. */
  readonly threads: readonly { readonly threadId: number; readonly usedBytes: number }[];
  /** Since the last answer. */
  readonly eventLoopDelay: { readonly p99Ms: number; readonly maxMs: number };
}

export interface DynamoDbFault {
  readonly delayMs?: number;
  readonly failure?: 'down' | 'throttled';
}

/** A process with probe.mjs. */
export interface Probe {
  readonly pid: number;
  /** The path of its program. */
  readonly program: string;
  /** @returns nothing if the process has ended, or does not answer in time */
  memory(): Promise<MemoryAnswer | undefined>;
  failDynamoDb(fault: DynamoDbFault): Promise<void>;
}

export interface Probes {
  /** Loads the probe into a process, and into its child processes. */
  readonly environment: Readonly<Record<string, string>>;
  /** The processes that are alive. */
  readonly all: ReadonlySet<Probe>;
  close(): Promise<void>;
}

const ANSWER_TIMEOUT_MS = 15_000;

/** @param path of the socket at which the probes meet the load generator */
export async function startProbes(path: string): Promise<Probes> {
  const all = new Set<Probe>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    const waiting = new Map<number, (answer: unknown) => void>();
    let questions = 0;
    let probe: Probe | undefined;
    const ask = (question: object) =>
      new Promise<unknown>((resolve) => {
        questions += 1;
        waiting.set(questions, resolve);
        socket.write(`${JSON.stringify({ id: questions, ...question })}\n`);
        setTimeout(resolve, ANSWER_TIMEOUT_MS, undefined).unref();
      });
    createInterface({ input: socket }).on('line', (line) => {
      const message = JSON.parse(line);
      if (probe !== undefined) {
        waiting.get(message.id)?.(message);
        waiting.delete(message.id);
        return;
      }
      probe = {
        ...(message as Pick<Probe, 'pid' | 'program'>),
        memory: async () => (await ask({ ask: 'memory' })) as MemoryAnswer | undefined,
        failDynamoDb: async (fault) => void (await ask({ ask: 'dynamoDb', fault })),
      };
      all.add(probe);
    });
    socket.on('close', () => {
      if (probe !== undefined) all.delete(probe);
      sockets.delete(socket);
      for (const resolve of waiting.values()) resolve(undefined);
    });
  });
  server.listen(path);
  await once(server, 'listening');
  const probe = fileURLToPath(new URL('probe.mjs', import.meta.url));
  return {
    environment: { NODE_OPTIONS: `--expose-gc --import ${probe}`, LOAD_PROBE_SOCKET: path },
    all,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
