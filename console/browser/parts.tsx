import type { ComponentChildren } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Refusal } from '../../packages/client/source/wecomAuth.ts';
import { auth, type Grant, type Refused, type Terms } from './api.ts';
import { departmentName, useCompany } from './company.ts';
import { linkTo, useAction } from './hooks.ts';
import { say, type Words } from './language.ts';
import { shownTime, shownUntil } from './time.ts';

/** The heading of a view: it gets the focus when the view opens. */
export function Heading({ children, title }: { children: ComponentChildren; title: string }) {
  const element = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    element.current?.focus();
  }, []);
  useEffect(() => {
    document.title = `${title} · wecom-auth`;
  }, [title]);
  return (
    <h1 ref={element} tabIndex={-1}>
      {children}
    </h1>
  );
}

/**
 * A modal dialog, open as long as it is drawn.
 *
 * @param props.staysOnEscape for what is lost when it closes: a button closes it
 */
export function Dialog(props: {
  title: string;
  staysOnEscape?: boolean;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => {
      // The focus goes back to what had it, unless a list that was read again has lost it.
      dialog?.close();
      if (document.activeElement === document.body) {
        document.querySelector<HTMLElement>('h1')?.focus();
      }
    };
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby={titleId}
      // Chromium closes at the second Escape, whatever `cancel` says. Preact's types lack the attribute.
      {...{ closedby: props.staysOnEscape ? 'none' : 'closerequest' }}
      onCancel={(event) => {
        event.preventDefault();
        if (!props.staysOnEscape) props.onClose();
      }}
    >
      <div class="head">
        <h2 id={titleId} tabIndex={-1}>
          {props.title}
        </h2>
        <button type="button" class="quiet small" onClick={props.onClose}>
          {say({ zh: '关闭', en: 'Close' })}
        </button>
      </div>
      {props.children}
    </dialog>
  );
}

/** By the `x-error-code` with or without its end, or the HTTP status: what happened and what to do. */
const TEXTS: Readonly<Record<string, Words>> = {
  0: {
    zh: '没有收到应答。请检查网络后重试。',
    en: 'There was no answer. Check the network and try again.',
  },
  401: {
    zh: '登录已失效。请重新登录，已填写的内容会保留。',
    en: 'The session has ended. Sign in again: what you typed is kept.',
  },
  403: {
    zh: '你没有这项操作所需的权限。请联系拥有该权限的管理员。',
    en: 'You lack the permission for this. Ask an administrator who holds it.',
  },
  429: { zh: '请求过多。请稍后重试。', en: 'There are too many requests. Try again in a moment.' },
  'ERR_ABSENT/member': {
    zh: '没有这名成员，或企业微信没有向本应用展示。请检查账号和应用的可见范围。',
    en: 'There is no such member, or WeCom does not show them to this app. Check the userid and the visible range of the app.',
  },
  'ERR_ABSENT/department': {
    zh: '没有这个部门，或企业微信没有向本应用展示。请检查应用的可见范围。',
    en: 'There is no such department, or WeCom does not show it to this app. Check the visible range of the app.',
  },
  'ERR_ABSENT/client': {
    zh: '没有这个应用，可能已被其他管理员移除。',
    en: 'There is no such application. Another administrator may have removed it.',
  },
  'ERR_CONFLICT/client-exists': {
    zh: '这个应用 ID 已被使用。请换一个。',
    en: 'This client id is in use. Choose another one.',
  },
  'ERR_CONFLICT/client-changed': {
    zh: '其他管理员刚刚修改了这个应用，未做任何更改。请关闭后查看现状，再重试。',
    en: 'Another administrator has just changed this application. Nothing was changed. Close this, look at it again and repeat.',
  },
  'ERR_UNCONFIRMED/old-secret': {
    zh: '上一个密钥仍然有效，暂时不能再保留一个。请等它过期，或选择立即停用所有旧密钥。',
    en: 'The last secret still works, and no second one can be kept. Wait until it expires, or stop all old secrets at once.',
  },
  ERR_UNCONFIRMED: {
    zh: '情况有变，需要再次确认，未做任何更改。请重新预览。',
    en: 'The situation has changed and needs another confirmation. Nothing was changed. Preview again.',
  },
  ERR_INVALID_REQUEST: {
    zh: '填写的内容有误，未做任何更改。',
    en: 'What you entered is not valid. Nothing was changed.',
  },
};

const FAILED: Words = {
  zh: '服务出现问题，请稍后重试。若仍然失败，请把请求编号告诉运维人员。',
  en: 'The service has an error. Try again later. If it fails again, give the request id to the operator.',
};

/** Why a request failed, and what to do about it. */
export function Problem({ of, onRetry }: { of: Refused | undefined; onRetry?: () => void }) {
  if (!of) return null;
  const { status, code, problems, message, requestId } = of;
  const keys = [code, code.replace(/\/.*/, ''), String(status)];
  const words = keys.map((key) => TEXTS[key]).find(Boolean) ?? FAILED;
  const hasDetails = problems.length === 0 && status >= 400 && ![401, 403, 404].includes(status);
  return (
    <div class="refusal" role="alert">
      <b>{say(words)}</b>
      {problems.length > 0 && (
        <ul>
          {problems.slice(0, 50).map((problem) => (
            <li>
              {problem.line !== undefined &&
                say({ zh: `第 ${problem.line} 项：`, en: `Line ${problem.line}: ` })}
              {say(problem)}
            </li>
          ))}
        </ul>
      )}
      {hasDetails && <code>{[code, message].filter(Boolean).join(' · ')}</code>}
      {requestId && status !== 401 && (
        <code>{say({ zh: `请求编号 ${requestId}`, en: `Request id ${requestId}` })}</code>
      )}
      {status === 401 && <SignInAgain />}
      {onRetry && status !== 401 && (
        <button type="button" class="quiet small" onClick={onRetry}>
          {say({ zh: '重试', en: 'Try again' })}
        </button>
      )}
    </div>
  );
}

/** Leaves the page for WeCom's. */
export function SignInAgain() {
  const [refusal, setRefusal] = useState<Refusal>();
  const action = useAction();
  const signIn = () => action.run(async () => setRefusal((await auth.signIn()).refusal));
  return (
    <>
      {refusal && <p role="alert">{say(refusal.text)}</p>}
      <button
        type="button"
        class="small"
        aria-disabled={action.isBusy}
        onClick={() => void signIn()}
      >
        {say({ zh: '重新登录', en: 'Sign in again' })}
      </button>
    </>
  );
}

export function Loading() {
  return (
    <p class="soft" role="status">
      {say({ zh: '正在读取…', en: 'Loading …' })}
    </p>
  );
}

/** A member with the name where the page knows it. */
export function MemberLink({ userid }: { userid: string }) {
  const name = useCompany().names.get(userid.toLowerCase());
  return (
    <a href={linkTo('member', userid)}>
      {name ? `${name} ` : ''}
      <span class={name ? 'soft' : ''}>{userid}</span>
    </a>
  );
}

/** Splits `user:lisi` into its kind and id. */
function partsOf(subject: string): [kind: string, id: string] {
  const [kind = '', ...id] = subject.split(':');
  return [kind, id.join(':')];
}

/** A subject in words, as plain text. */
export function useSubjectText(): (subject: string) => string {
  const company = useCompany();
  return (subject) => {
    const [kind, id] = partsOf(subject);
    if (kind === 'user') {
      const name = company.names.get(id.toLowerCase());
      return name ? `${name} ${id}` : id;
    }
    if (kind === 'department') {
      const name = departmentName(company, Number(id));
      return say({ zh: `${name}（含下级部门）`, en: `${name} and all below` });
    }
    if (kind === 'tag') return say({ zh: `标签 ${id}`, en: `Tag ${id}` });
    if (kind === 'everyone') return say({ zh: '全体成员', en: 'Everyone' });
    return subject === 'forgotten' ? say({ zh: '已清除的成员', en: 'An erased member' }) : subject;
  };
}

export function Subject({ of }: { of: string }) {
  const text = useSubjectText()(of);
  const [kind, id] = partsOf(of);
  if (kind === 'user') return <MemberLink userid={id} />;
  if (kind === 'department') return <a href={linkTo('department', id)}>{text}</a>;
  return <a href={linkTo('history', of)}>{text}</a>;
}

export function Permission({ name }: { name: string }) {
  return (
    <a class="permission" href={linkTo('permission', name)}>
      {name === '*' ? say({ zh: '*（所有权限）', en: '* (every permission)' }) : name}
    </a>
  );
}

/** Who changed something: a member's link, or who used the command. */
export function By({ who }: { who: string }) {
  const userid = /^wecom:(.+)$/.exec(who)?.[1];
  if (userid) return <MemberLink userid={userid} />;
  if (who === 'wecom-auth') return <span>{say({ zh: '系统', en: 'the system' })}</span>;
  return <span class="break">{who}</span>;
}

export function TermsText({ terms }: { terms: Terms | null }) {
  if (!terms) return <span class="soft">{say({ zh: '没有授权', en: 'no grant' })}</span>;
  const { effect, until, note, suspendedAt } = terms;
  return (
    <span>
      <Effect of={effect} />
      {until && (
        <span class="until">
          {say({ zh: `至 ${shownUntil(until)}`, en: `until ${shownUntil(until)}` })}
        </span>
      )}
      {suspendedAt && <span class="badge">{say({ zh: '已停用', en: 'suspended' })}</span>}
      {note && <span class="note">{note}</span>}
    </span>
  );
}

function Effect({ of }: { of: 'allow' | 'deny' }) {
  return of === 'allow' ? (
    <span class="badge yes">{say({ zh: '允许', en: 'allowed' })}</span>
  ) : (
    <span class="badge no">{say({ zh: '拒绝', en: 'denied' })}</span>
  );
}

/** When and by whom a grant was made. */
export function Made({ grant }: { grant: Grant }) {
  return (
    <p class="made">
      {grant.expired && <span class="badge">{say({ zh: '已过期', en: 'expired' })}</span>}
      {say({ zh: '由 ', en: 'by ' })}
      <By who={grant.by} /> <time dateTime={grant.at}>{shownTime(grant.at)}</time>
    </p>
  );
}

export function More({ isLoading, onMore }: { isLoading: boolean; onMore: () => void }) {
  return (
    <button type="button" class="quiet" onClick={onMore} aria-disabled={isLoading}>
      {isLoading
        ? say({ zh: '正在读取…', en: 'Loading …' })
        : say({ zh: '显示更多', en: 'Show more' })}
    </button>
  );
}
