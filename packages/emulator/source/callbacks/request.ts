import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface CallbackAnswer {
  status: number;
  body: string;
}

const MAX_ANSWER_BYTES = 64 * 1024;

/** One request to a receiver, as WeCom sends it: its own user agent, a new connection, redirects not followed. */
export function callbackRequest(
  url: string,
  body: string | undefined,
  signal: AbortSignal,
): Promise<CallbackAnswer> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { 'User-Agent': 'Mozilla/4.0', Accept: '*/*' };
    if (body !== undefined) {
      headers['Content-Type'] = 'text/xml';
      headers['Content-Length'] = String(Buffer.byteLength(body));
    }
    const method = body === undefined ? 'GET' : 'POST';
    const outgoing = send(url, { method, headers, agent: false, signal }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) response.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, body: text });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
