import { subscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { createServer } from 'node:tls';
import { createTable } from '../../../lib/dynamodb/table.ts';
import { grantItem } from '../../../lib/permissions/grant.ts';
import { startDynamoDb } from '../../../local/dynamodb.ts';
import { startSsm } from '../../../local/ssm/start.ts';
import { createTables } from '../../../local/tables.ts';
import { listen } from '../listen.ts';
import { localDynamoDb } from '../localAws.ts';
import type { EdgeAddresses, EdgeRequest } from './edge.ts';
import { addOpenidSignIn, sessionKeys } from './openid.ts';
import { startFixedWecom } from './wecom.ts';

/*
 * Runs the services that the functions call: the embedded DynamoDB, the SSM stand-in and a WeCom of
 * constant latency. Replies to each message with the requests since the last one.
 *
 *   node tests/harness/edge/serve.ts <latency ms> [<certificate> <key>]   with a certificate all services use TLS
 */

/** The corp of the measured functions. */
const CORP_ID = 'ww0a1b2c3d4e5f6a7b';

const [, , latencyMs, certificate, key] = process.argv;

let requests: EdgeRequest[] = [];
/** The number of sequential calls of WeCom so far. */
let deepest = 0;

const dynamoDb = await startDynamoDb();
const client = localDynamoDb(dynamoDb.url);
await createTables(client, 'local');
await createTable(client, 'wecom-auth-local-permissions').put(
  grantItem(CORP_ID, {
    subject: 'member#user123',
    permission: 'access',
    effect: 'allow',
    by: 'bench',
    at: 0,
  }),
);
await addOpenidSignIn(
  {
    cache: createTable(client, 'wecom-auth-local-cache'),
    permissions: createTable(client, 'wecom-auth-local-permissions'),
  },
  CORP_ID,
);
const ssm = await startSsm({
  parameters: {
    '/wecom-auth/local/app-secret': { value: 'fixed' },
    '/wecom-auth/local/session-keys': { value: await sessionKeys() },
  },
});
const addresses: EdgeAddresses = {
  wecom: await encrypted(await startFixedWecom(Number(latencyMs))),
  dynamoDb: await encrypted(dynamoDb.url),
  ssm: await encrypted(ssm.url),
};

subscribe('http.server.request.start', (message) => {
  const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
  const isTo = (url: string) => url.endsWith(`//${request.headers.host}`);
  if (isTo(addresses.wecom)) {
    const depth = deepest + 1;
    const operation = (request.url ?? '').replace(/^\/cgi-bin\/|\?.*$/g, '');
    requests.push({ to: 'WeCom', operation, depth });
    response.once('finish', () => {
      deepest = Math.max(deepest, depth);
    });
  } else {
    const operation = String(request.headers['x-amz-target']).replace(/^.*\./, '');
    requests.push({ to: isTo(addresses.ssm) ? 'SSM' : 'DynamoDB', operation, depth: 0 });
  }
});

process.on('message', () => {
  process.send?.(requests);
  requests = [];
  deepest = 0;
});
process.on('disconnect', () => process.exit());
process.send?.(addresses);

/** Starts a TLS proxy in front of a local server, because AWS and WeCom use TLS. */
async function encrypted(url: string): Promise<string> {
  if (certificate === undefined || key === undefined) return url;
  const options = { cert: readFileSync(certificate), key: readFileSync(key), noDelay: true };
  const server = createServer(options, (socket) => {
    const inner = connect({ host: '127.0.0.1', port: Number(new URL(url).port), noDelay: true });
    socket.pipe(inner).pipe(socket);
    socket.on('error', () => inner.destroy());
    inner.on('error', () => socket.destroy());
  });
  return (await listen(server)).url.replace('http:', 'https:');
}
