import { createServer, type RequestListener } from 'node:http';
import { onTestFinished } from 'vitest';
import { listen } from './listen.ts';

/** Starts a server for one test, for responses that no emulator has. It closes when the test ends. */
export async function serve(listener: RequestListener) {
  const server = createServer(listener);
  const { url, close } = await listen(server);
  onTestFinished(close);
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  return { url, connections: () => connections };
}
