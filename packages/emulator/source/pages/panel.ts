import type { PageOrigin } from '../credentials/codes.ts';
import { type Answer, jsonAnswer } from '../wire/answer.ts';
import type { Incoming } from '../wire/request.ts';
import { isPage, type Page } from './layout.ts';

/** Whether the page is in the frame that createWWLoginPanel of @wecom/jssdk makes (document 98171). */
export function isPanel(origin: PageOrigin | undefined, { query }: Incoming): boolean {
  return origin === 'wwlogin' && (query.has('version') || query.has('redirect_type'));
}

/** Whether the script below sent the form. A page of another site cannot send this header. */
export function isSentByPanel({ headers }: Incoming): boolean {
  return headers['x-emulator-panel'] !== undefined;
}

/**
 * What the script does next: go back to the program, show another page, or tell the program why not.
 *
 * @param isTrusted whether the domain of redirect_uri is
 */
export function panelAnswer(answer: Answer | Page, isTrusted: boolean): Answer {
  const to = isPage(answer) ? undefined : answer.headers['Location'];
  const isBack = !isPage(answer) && answer.status === 302;
  const said = jsonAnswer({
    ...(to !== undefined && { [isBack ? 'back' : 'next']: to }),
    // The errcode was probed; its text is unknown.
    ...(!isTrusted && {
      error: { errCode: -31020, errMsg: 'redirect_uri is not a trusted domain' },
    }),
  });
  return answer.rule === undefined ? said : { ...said, rule: answer.rule };
}
