import { text } from 'node:stream/consumers';
import { serve } from './serve.ts';

/** Passes requests on to an embedded service of AWS, as one whose clock is so far ahead of this machine's. */
export function datedProxy(to: string, aheadMs: number): Promise<{ readonly url: string }> {
  return serve(async (request, response) => {
    const { 'content-type': type = '', authorization = '' } = request.headers;
    const target = String(request.headers['x-amz-target']);
    const answer = await fetch(to, {
      method: 'POST',
      headers: { 'content-type': type, 'x-amz-target': target, authorization },
      body: await text(request),
    });
    response
      .writeHead(answer.status, {
        'content-type': type,
        date: new Date(Date.now() + aheadMs).toUTCString(),
      })
      .end(await answer.text());
  });
}
