import { useEffect, useState } from 'react';
import type { Refusal, Session } from 'wecom-auth-client';
import { auth, isPermitted, text, useSession } from './auth';

export function App({ atStart }: { atStart?: Refusal }) {
  const session = useSession();
  const [refusal, setRefusal] = useState(atStart);
  if (session) {
    return (
      <>
        <p>
          {session.member.name} ({session.member.userid})
        </p>
        <Reports session={session} />
        <button type="button" onClick={() => auth.signOut()}>
          {text('退出登录', 'Sign out')}
        </button>
      </>
    );
  }
  return (
    <>
      {refusal && <p role="alert">{text(refusal.text.zh, refusal.text.en)}</p>}
      <button type="button" onClick={async () => setRefusal((await auth.signIn()).refusal)}>
        {text('用企业微信登录', 'Sign in with WeCom')}
      </button>
    </>
  );
}

function Reports({ session }: { session: Session }) {
  const [shown, setShown] = useState('');
  useEffect(() => {
    let isCurrent = true;
    isPermitted(session, 'report:read').then((permitted) => {
      if (isCurrent) setShown(wording(permitted));
    });
    return () => {
      isCurrent = false;
    };
  }, [session]);
  return <p>{shown}</p>;
}

function wording(permitted?: boolean): string {
  if (permitted === undefined) return text('无法查询权限，请稍后再试', 'Try again later');
  return permitted
    ? text('可以查看报表', 'May read reports')
    : text('不能查看报表', 'May not read reports');
}
