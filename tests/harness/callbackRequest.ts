import { randomInt } from 'node:crypto';
import { encrypt, getSignature } from '@wecom/crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** The shared keys of a channel, and the receiver's id. */
export interface CallbackAccount {
  readonly token: string;
  readonly encodingAesKey: string;
  readonly receiveId: string;
}

/** A ciphertext with its signature, created as WeCom does by Tencent's own package. */
export interface Sealed {
  readonly signature: string;
  readonly timestamp: string;
  readonly nonce: string;
  readonly encrypted: string;
}

/** @param now milliseconds */
export function seal(account: CallbackAccount, message: string, now = Date.now()): Sealed {
  const encrypted = encrypt(account.encodingAesKey, message, account.receiveId);
  return sign(account, encrypted, now);
}

export function sign({ token }: CallbackAccount, encrypted: string, now = Date.now()): Sealed {
  const timestamp = String(Math.floor(now / 1_000));
  const nonce = String(randomInt(1_000_000_000, 2_000_000_000));
  return {
    signature: getSignature(token, timestamp, nonce, encrypted),
    timestamp,
    nonce,
    encrypted,
  };
}

/** The query of a push, percent-encoded. */
export function pushQuery({ signature, timestamp, nonce }: Omit<Sealed, 'encrypted'>): string {
  return String(new URLSearchParams({ msg_signature: signature, timestamp, nonce }));
}

/** The query of a URL verification, percent-encoded. */
export function verificationQuery(sealed: Sealed): string {
  return `${pushQuery(sealed)}&${new URLSearchParams({ echostr: sealed.encrypted })}`;
}

/** The body of a push. */
export function envelope({ encrypted }: Pick<Sealed, 'encrypted'>, receiveId: string): string {
  return `<xml><ToUserName><![CDATA[${receiveId}]]></ToUserName><Encrypt><![CDATA[${encrypted}]]></Encrypt><AgentID><![CDATA[]]></AgentID></xml>`;
}

/** @param fields in addition to those of every event. @returns the XML of an event */
export function eventXml(corpId: string, fields: Record<string, string | number>): string {
  const all = { ToUserName: corpId, CreateTime: 1_700_000_000, MsgType: 'event', ...fields };
  const children = Object.entries(all).map(([name, value]) =>
    typeof value === 'number'
      ? `<${name}>${value}</${name}>`
      : `<${name}><![CDATA[${value}]]></${name}>`,
  );
  return `<xml>${children.join('')}</xml>`;
}

/** A callback as an API Gateway event. */
export function callbackEvent(
  method: 'GET' | 'POST',
  channel: string,
  rawQueryString: string,
  body?: string,
): APIGatewayProxyEventV2 {
  const rawPath = `/api/wecom/callback/${channel}`;
  const routeKey = `${method} /api/wecom/callback/{channel}`;
  const event = {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString,
    headers: { 'content-type': 'text/xml' },
    pathParameters: { channel },
    requestContext: { http: { method, path: rawPath }, routeKey },
    isBase64Encoded: false,
    ...(body !== undefined && { body }),
  };
  return event as unknown as APIGatewayProxyEventV2;
}
