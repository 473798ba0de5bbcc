import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decrypt, getSignature } from '@wecom/crypto';
import { onTestFinished } from 'vitest';
import {
  newCallbackToken,
  newEncodingAESKey,
} from '../../packages/emulator/source/callbacks/newKey.ts';

/** A request a receiver got, opened with Tencent's own package. */
export interface Received {
  method: string;
  headers: IncomingMessage['headers'];
  /** As sent, still percent-encoded. */
  rawQuery: string;
  query: URLSearchParams;
  body: string;
  /** The decrypted echostr or message. */
  message: string;
  receiveId: string;
  signed: boolean;
  agentId: string | undefined;
}

/** What to answer: a status and a body, or nothing at all. */
export type Reply = (received: Received) => { status?: number; body?: string } | 'silence';

/** A receiver of callbacks that judges what it gets by `@wecom/crypto`. */
export async function receiver(
  reply: Reply = ({ method, message }) => ({ body: method === 'GET' ? message : '' }),
) {
  const token = newCallbackToken();
  const encodingAESKey = newEncodingAESKey(false);
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const rawQuery = (request.url ?? '').split('?')[1] ?? '';
      const query = new URLSearchParams(rawQuery);
      const encrypted = query.get('echostr') ?? elementOf(body, 'Encrypt') ?? '';
      const { message, id } = decrypt(encodingAESKey, encrypted);
      const signature = getSignature(
        token,
        query.get('timestamp') ?? '',
        query.get('nonce') ?? '',
        encrypted,
      );
      const entry: Received = {
        method: request.method ?? '',
        headers: request.headers,
        rawQuery,
        query,
        body,
        message,
        receiveId: id,
        signed: signature === query.get('msg_signature'),
        agentId: elementOf(body, 'AgentID'),
      };
      received.push(entry);
      const answer = reply(entry);
      if (answer !== 'silence') response.writeHead(answer.status ?? 200).end(answer.body ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { received, target: { url: `http://127.0.0.1:${port}/callback`, token, encodingAESKey } };
}

/** The text of an element that occurs once. */
export function elementOf(xml: string, name: string): string | undefined {
  const content = new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(xml)?.[1];
  return content?.replace(/^<!\[CDATA\[(.*)\]\]>$/s, '$1');
}
