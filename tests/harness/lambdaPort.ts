import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Context } from 'aws-lambda';
import { contextOf } from './gateway.ts';

/** A stand-in for serverless-offline's Lambda port, which runs functions synchronously. */
export interface LambdaPort {
  readonly url: string;
  /** The events of all runs. */
  readonly events: string[];
  /** The names of the functions of all runs. */
  readonly names: string[];
  /** Makes every run fail, like code that does not start. */
  isBroken: boolean;
  close(): Promise<void>;
}

type Run = (event: unknown, context: Context) => Promise<unknown>;

/** @param load returns the function of a name; called for each run */
export async function startLambdaPort(load: (name: string) => Promise<Run>): Promise<LambdaPort> {
  const events: string[] = [];
  const names: string[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const event = Buffer.concat(chunks).toString();
    const name = incoming.url?.split('/').at(-2) ?? '';
    events.push(event);
    names.push(name);
    try {
      if (port.isBroken) throw new Error('broken');
      const result = await (await load(name))(JSON.parse(event), contextOf());
      response.end(JSON.stringify(result ?? null));
    } catch {
      response.writeHead(200, { 'x-amz-function-error': 'Unhandled' }).end('{}');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port: LambdaPort = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    events,
    names,
    isBroken: false,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return port;
}
