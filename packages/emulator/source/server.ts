import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN_ROOT, serveAdmin } from './admin/serve.ts';
import { dispatch, errorAnswer } from './api/dispatch.ts';
import type { Emulator } from './api/endpoint.ts';
import { channelOf } from './callbacks/eventFields.ts';
import { callbackSender } from './callbacks/sender.ts';
import { fixtureCompany } from './company.ts';
import { consoleServer } from './console/serve.ts';
import { accessTokens } from './credentials/accessTokens.ts';
import { badSecrets } from './credentials/badSecrets.ts';
import { codeStore } from './credentials/codes.ts';
import { consentMemory } from './credentials/consents.ts';
import { issuedIn } from './credentials/issued.ts';
import { jsapiTickets } from './credentials/jsapiTickets.ts';
import { mintCode } from './credentials/mintCode.ts';
import { userTickets } from './credentials/userTickets.ts';
import { administrator } from './directory/administrator.ts';
import { Directory } from './directory/directory.ts';
import { caFileOf, serverCertificate } from './https/authority.ts';
import { readKeptCompany } from './keptCompany.ts';
import { mediaStore } from './messages/media.ts';
import { outbox } from './messages/outbox.ts';
import { behaviourOf, type WecomOptions } from './options.ts';
import { authorizePages } from './pages/authorize.ts';
import { stateFile } from './stateFile.ts';
import type { Wecom } from './wecom.ts';
import { callLog } from './wire/callLog.ts';
import { faultBoard } from './wire/faults.ts';
import { readRequest } from './wire/request.ts';
import { requestHandler } from './wire/requestHandler.ts';
import { send } from './wire/respond.ts';

export type { Wecom } from './wecom.ts';

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
  const { port = 0, host = '127.0.0.1', clock = Date.now, keepIn, https } = options;
  const { adminHosts = [] } = options;
  const kept = keepIn === undefined ? undefined : readKeptCompany(keepIn);
  const company = kept?.company ?? options.company ?? fixtureCompany();
  const { issued, settled } = issuedIn(keepIn && `${keepIn}.issued`, console.error);
  const left = new Map((kept?.left ?? []).map((member) => [member.userid.toLowerCase(), member]));
  const { delay = (ms, signal) => sleep(ms, undefined, { signal }) } = options;
  const behaviour = behaviourOf(options);
  const directory = new Directory(company);
  const shownClock = () => clock() + behaviour.clockOffsetMs;
  const file =
    keepIn === undefined
      ? undefined
      : stateFile(keepIn, () => ({ company, left: [...left.values()] }), console.error);
  const closing = new AbortController();
  const callbacks = callbackSender({
    directory,
    behaviour,
    clock: shownClock,
    delay,
    closing: closing.signal,
    targets: options.callbacks ?? {},
  });
  const admin = administrator(directory, callbacks.tell, left, () => file?.save());
  // The contacts-sync receiver is not told of the changes that its own secret made.
  const contactsSync = administrator(
    directory,
    (changes) =>
      callbacks.tell(
        behaviour.contactWritesEcho
          ? changes
          : changes.filter((change) => channelOf(change) !== 'contacts'),
      ),
    left,
    () => file?.save(),
  );
  const emulator: Emulator = {
    company,
    directory,
    behaviour,
    clock,
    shownClock,
    tokens: accessTokens(clock, behaviour, issued.tokens),
    badSecrets: badSecrets(clock, behaviour),
    codes: codeStore(clock, behaviour, issued.codes),
    userTickets: userTickets(clock, behaviour, issued.userTickets),
    jsapiTickets: jsapiTickets(clock, issued.jsapiTickets),
    consents: consentMemory(clock, behaviour, issued.consents),
    messages: outbox(clock),
    media: mediaStore(clock),
    chats: issued.chats,
    administratorFor: ({ kind }) => (kind === 'contacts-sync' ? contactsSync : admin),
    missing: new Set(),
  };
  const calls = callLog();
  const faults = faultBoard();
  const serveWecom = requestHandler({
    calls,
    faults,
    behaviour,
    clock,
    shownClock,
    delay: (ms) => delay(ms, closing.signal),
    answer: (incoming, faulty) =>
      authorizePages(emulator, incoming) ?? dispatch(emulator, incoming, faulty),
    refuse: (incoming, errcode) => errorAnswer(emulator, incoming, errcode),
  });

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const incoming = await readRequest(message);
    if (incoming === undefined) {
      response
        .writeHead(413, { Server: 'nginx', Connection: 'close', 'Content-Length': '0' })
        .end();
    } else if (incoming.path === ADMIN_ROOT || incoming.path.startsWith(`${ADMIN_ROOT}/`)) {
      send(
        response,
        await serveAdmin(wecom, showConsole, adminHosts, incoming),
        undefined,
        shownClock(),
      );
    } else {
      await serveWecom(incoming, response);
    }
  }

  const listener = (message: IncomingMessage, response: ServerResponse) => {
    handle(message, response).catch((error: unknown) => {
      // The client disconnected, or the emulator is closing.
      if (closing.signal.aborted || response.destroyed || response.headersSent) response.destroy();
      else response.writeHead(500).end(`wecom emulator: ${String(error)}`);
    });
  };
  const servers: Server[] = [];
  async function open(server: Server, at: number): Promise<number> {
    // Like nginx, longer than clients keep idle connections; Node's 5 s would reset some of their calls.
    server.keepAliveTimeout = 75_000;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, host, resolve);
    });
    servers.push(server);
    return (server.address() as AddressInfo).port;
  }
  const close = async () => {
    closing.abort();
    await callbacks.settled();
    await Promise.all([file?.settled(), settled()]);
    for (const server of servers) {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    }
  };
  // The certificate first, because a folder that cannot be used is to leave no port open.
  const certificate = https && serverCertificate(https.folder, Date.now());
  const bound = await open(createServer(listener), port);
  const tls =
    certificate &&
    createTlsServer({ cert: certificate.certificate, key: certificate.key }, listener);
  const tlsPort =
    tls &&
    (await open(tls, https?.port ?? 0).catch(async (error) => {
      await close();
      throw error;
    }));

  const wecom: Wecom = {
    url: `http://${reachable(host)}:${bound}`,
    port: bound,
    ...(https && tlsPort && { https: { port: tlsPort, caFile: caFileOf(https.folder) } }),
    company,
    behaviour,
    calls,
    faults,
    codes: { mint: (request) => mintCode(emulator, request) },
    tokens: emulator.tokens,
    tickets: emulator.jsapiTickets,
    bans: emulator.badSecrets,
    consents: emulator.consents,
    messages: emulator.messages,
    administrator: admin,
    callbacks,
    close,
  };
  const showConsole = consoleServer(wecom, directory);
  return wecom;
}

/** The host by which a client reaches a server that listens on `host`. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
