import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN_ROOT, serveAdmin } from './admin/serve.ts';
import { dispatch, errorAnswer } from './api/dispatch.ts';
import type { World } from './api/endpoint.ts';
import { type Callbacks, callbackSender } from './callbacks/sender.ts';
import { fixtureCompany } from './company.ts';
import { type AccessTokens, accessTokens } from './credentials/accessTokens.ts';
import { type BadSecrets, badSecrets } from './credentials/badSecrets.ts';
import { codeStore } from './credentials/codes.ts';
import { type Consents, consentMemory } from './credentials/consents.ts';
import { jsapiTickets } from './credentials/jsapiTickets.ts';
import { type CodeRequest, mintCode } from './credentials/mintCode.ts';
import { userTickets } from './credentials/userTickets.ts';
import { type Administrator, administrator } from './directory/administrator.ts';
import { Directory } from './directory/directory.ts';
import type { LiveCompany } from './directory/types.ts';
import { type Behaviour, behaviourOf, type WecomOptions } from './options.ts';
import { authorizePages } from './pages/authorize.ts';
import { type CallLog, callLog } from './wire/callLog.ts';
import { exchange } from './wire/exchange.ts';
import { type Faults, faultBoard } from './wire/faults.ts';
import { readRequest } from './wire/request.ts';
import { send } from './wire/respond.ts';

/** A running emulator. */
export interface Wecom {
  /** `http://127.0.0.1:<port>`: base of the API and of the authorize pages alike. */
  url: string;
  port: number;
  /** Live data: what is changed here is what the next call sees. */
  company: LiveCompany;
  /** The switches of `Behaviour`; may be changed while running. */
  behaviour: Behaviour;
  calls: CallLog;
  faults: Faults;
  codes: {
    /** An authorization code as the authorize page would have given it. */
    mint(request: CodeRequest): string;
  };
  tokens: Pick<AccessTokens, 'revoke'>;
  bans: Pick<BadSecrets, 'ban' | 'clear'>;
  consents: Pick<Consents, 'forget'>;
  /** Changes the company so that callbacks follow. */
  administrator: Administrator;
  callbacks: Callbacks;
  close(): Promise<void>;
}

/**
 * Starts a WeCom on this machine: the server API under `/cgi-bin/` and the authorize pages, as strict as the
 * documents, for any program in any language.
 *
 * @example
 * const wecom = await startWecom();
 * const code = wecom.codes.mint({ userid: 'user123', scope: 'snsapi_privateinfo' });
 * wecom.faults.add(45009, { on: 'user/get', times: 3 });
 * wecom.calls.count('gettoken');
 * await wecom.close();
 */
export async function startWecom(options: WecomOptions = {}): Promise<Wecom> {
  const { port = 0, host = '127.0.0.1', company = fixtureCompany(), clock = Date.now } = options;
  const { delay = (ms, signal) => sleep(ms, undefined, { signal }) } = options;
  const behaviour = behaviourOf(options);
  const directory = new Directory(company);
  const shownClock = () => clock() + behaviour.clockOffsetMs;
  const world: World = {
    company,
    directory,
    behaviour,
    clock,
    shownClock,
    tokens: accessTokens(clock, behaviour),
    badSecrets: badSecrets(clock, behaviour),
    codes: codeStore(clock, behaviour),
    userTickets: userTickets(clock, behaviour),
    jsapiTickets: jsapiTickets(clock),
    consents: consentMemory(clock, behaviour),
  };
  const calls = callLog();
  const faults = faultBoard();
  const closing = new AbortController();
  const callbacks = callbackSender({
    directory,
    behaviour,
    clock: shownClock,
    delay,
    closing: closing.signal,
    targets: options.callbacks ?? {},
  });
  const serveWecom = exchange({
    calls,
    faults,
    behaviour,
    clock,
    shownClock,
    delay: (ms) => delay(ms, closing.signal),
    answer: (incoming, faulty) =>
      authorizePages(world, incoming) ?? dispatch(world, incoming, faulty),
    refuse: (incoming, errcode) => errorAnswer(world, incoming, errcode),
  });

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const incoming = await readRequest(message);
    if (incoming === undefined) {
      response
        .writeHead(413, { Server: 'nginx', Connection: 'close', 'Content-Length': '0' })
        .end();
    } else if (incoming.path === ADMIN_ROOT || incoming.path.startsWith(`${ADMIN_ROOT}/`)) {
      send(response, await serveAdmin(wecom, incoming), undefined, shownClock());
    } else {
      await serveWecom(incoming, response);
    }
  }

  const server = createServer((message, response) => {
    handle(message, response).catch((error: unknown) => {
      // A client that went away, or an emulator that is closing: nobody is left to tell.
      if (closing.signal.aborted || response.destroyed || response.headersSent) response.destroy();
      else response.writeHead(500).end(`wecom emulator: ${String(error)}`);
    });
  });
  // Like nginx, longer than clients keep idle connections; Node's 5 s would reset some of their calls.
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;

  const wecom: Wecom = {
    url: `http://${reachable(host)}:${bound}`,
    port: bound,
    company,
    behaviour,
    calls,
    faults,
    codes: { mint: (request) => mintCode(world, request) },
    tokens: world.tokens,
    bans: world.badSecrets,
    consents: world.consents,
    administrator: administrator(directory, callbacks.tell),
    callbacks,
    async close() {
      closing.abort();
      await callbacks.settled();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
  return wecom;
}

/** An address to call a server that listens on this host by. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
