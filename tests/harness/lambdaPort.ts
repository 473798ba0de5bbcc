import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Context } from 'aws-lambda';
import { contextOf } from './gateway.ts';
import { listen } from './listen.ts';

/** A stand-in for serverless-offline's Lambda port, which runs functions synchronously. */
export interface LambdaPort {
  readonly url: string;
  /** The events of all runs, each with the name of its function. */
  readonly events: { readonly name: string; readonly event: string }[];
  /** Makes every run fail, as code does that throws when it is loaded. */
  isBroken: boolean;
  close(): Promise<void>;
}

type Run = (event: unknown, context: Context) => Promise<unknown>;

/** @param load returns the function of this name; called for each run */
export async function startLambdaPort(load: (name: string) => Promise<Run>): Promise<LambdaPort> {
  const events: { name: string; event: string }[] = [];
  const running = new Set<Promise<unknown>>();
  const server = createServer(async (incoming, response) => {
    const event = await text(incoming);
    const [, name = ''] = /functions\/([\w-]+)\//.exec(incoming.url ?? '') ?? [];
    events.push({ name, event });
    try {
      if (port.isBroken) throw new Error('broken');
      const run = (await load(name))(JSON.parse(event), contextOf());
      running.add(run);
      const result = await run.finally(() => running.delete(run));
      response.end(JSON.stringify(result ?? null));
    } catch {
      response.writeHead(200, { 'x-amz-function-error': 'Unhandled' }).end('{}');
    }
  });
  const { url, close } = await listen(server);
  const port: LambdaPort = {
    url,
    events,
    isBroken: false,
    async close() {
      // A run needs the services that the caller closes next.
      await Promise.allSettled(running);
      await close();
    },
  };
  return port;
}
