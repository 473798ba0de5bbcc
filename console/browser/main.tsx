import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Refusal } from '../../packages/client/source/wecomAuth.ts';
import { ask, auth, type Department, type Me } from './api.ts';
import { Applications, ApplicationView } from './applications.tsx';
import { ChangeDialog, hasDraft } from './change.tsx';
import { CompanyContext, createCompany } from './company.ts';
import { History } from './history.tsx';
import { keepDraft, linkTo, useAction, useLoad, useRoute } from './hooks.ts';
import { ImportExport } from './importExport.tsx';
import { language, say, setLanguage, type Words } from './language.ts';
import { ChangesContext, type Wanted } from './openChange.ts';
import { Heading, Loading, Problem, SignInAgain } from './parts.tsx';
import { People } from './people.tsx';
import { Permissions, PermissionView } from './permissions.tsx';

/** The views that the bar leads to, and the permission that each needs. */
const VIEWS: readonly { route: string; needs: string; name: Words; within: readonly string[] }[] = [
  {
    route: 'people',
    needs: 'admin:permissions',
    name: { zh: '成员', en: 'People' },
    within: ['department', 'member'],
  },
  {
    route: 'permissions',
    needs: 'admin:permissions',
    name: { zh: '权限', en: 'Permissions' },
    within: ['permission'],
  },
  {
    route: 'applications',
    needs: 'admin:clients',
    name: { zh: '应用', en: 'Applications' },
    within: ['application'],
  },
  {
    route: 'history',
    needs: 'admin:permissions',
    name: { zh: '变更记录', en: 'History' },
    within: [],
  },
  {
    route: 'import',
    needs: 'admin:permissions',
    name: { zh: '导入与导出', en: 'Import and export' },
    within: [],
  },
];

/** Draws everything again when the language changes: nothing on the page keeps its texts. */
function Page({ refusal }: { refusal: Refusal | undefined }) {
  const [isSignedIn, setSignedIn] = useState(auth.session !== undefined);
  const [ending, setEnding] = useState<'soon' | 'ended'>();
  const [, setShown] = useState(language());
  useEffect(() => {
    const stops = [
      auth.on('change', () => {
        if (auth.session) setEnding(undefined);
        else setEnding('ended');
      }),
      auth.on('ending', (event) => {
        // Inside WeCom the helper would leave the page: not while something is under way.
        if (document.querySelector('dialog')) event.preventDefault();
        setEnding('soon');
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, []);

  function signOut(): void {
    keepDraft('change');
    keepDraft('application');
    auth.signOut();
    setEnding(undefined);
    setSignedIn(false);
  }
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        {say({ zh: '跳到内容', en: 'Skip to content' })}
      </button>
      <Console
        isSignedIn={isSignedIn}
        refusal={refusal}
        ending={ending}
        onSignOut={signOut}
        onLanguage={() => {
          setLanguage(language() === 'zh' ? 'en' : 'zh');
          setShown(language());
        }}
      />
    </>
  );
}

/** Not a link: the fragment of the address is the route. */
function skip(): void {
  document.querySelector<HTMLElement>('main')?.focus();
}

function Console(props: {
  isSignedIn: boolean;
  refusal: Refusal | undefined;
  ending: 'soon' | 'ended' | undefined;
  onSignOut: () => void;
  onLanguage: () => void;
}) {
  const { isSignedIn, refusal, ending, onSignOut, onLanguage } = props;
  const me = useLoad(async () => (isSignedIn ? ask<Me>('me') : undefined), [isSignedIn]);
  const [view = '', ...rest] = useRoute();
  const mine = VIEWS.filter(
    ({ needs, route }) =>
      isSignedIn &&
      me.data?.permissions.includes(needs) &&
      (route !== 'applications' || me.data.provider),
  );
  const isOpen = (each: (typeof VIEWS)[number]) =>
    each.route === view || each.within.includes(view);
  const shown = mine.find(isOpen);
  useEffect(() => {
    // Not if the visitor went elsewhere since this was drawn.
    const isHere = location.hash.replace(/^#\/?/, '').split('/')[0] === view;
    if (me.data && !shown && mine[0] && isHere) location.replace(linkTo(mine[0].route));
  }, [me.data, shown]);

  return (
    <>
      <header class="bar">
        <p class="name">{say({ zh: '权限管理', en: 'Permissions' })}</p>
        {mine.length > 0 && (
          <nav aria-label={say({ zh: '主导航', en: 'Main' })}>
            {mine.map((each) => (
              <a
                key={each.route}
                href={linkTo(each.route)}
                aria-current={isOpen(each) ? 'page' : undefined}
              >
                {say(each.name)}
              </a>
            ))}
          </nav>
        )}
        <div class="me">
          {isSignedIn && auth.session && <span>{auth.session.member.name || me.data?.userid}</span>}
          {isSignedIn && (
            <button type="button" class="quiet small" onClick={onSignOut}>
              {say({ zh: '退出', en: 'Sign out' })}
            </button>
          )}
          <button
            type="button"
            class="quiet small"
            lang={language() === 'zh' ? 'en' : 'zh-CN'}
            onClick={onLanguage}
          >
            {language() === 'zh' ? 'English' : '中文'}
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {isSignedIn && ending && (
          <div class="notice" role="alert">
            <p>
              {ending === 'soon'
                ? say({
                    zh: '登录将在两分钟内失效。重新登录后，已填写的内容会保留。',
                    en: 'The session ends within two minutes. What you typed is kept when you sign in again.',
                  })
                : say({
                    zh: '登录已失效。重新登录后，已填写的内容会保留。',
                    en: 'The session has ended. What you typed is kept when you sign in again.',
                  })}
            </p>
            <SignInAgain />
          </div>
        )}
        {!isSignedIn && <SignIn refusal={refusal} />}
        {isSignedIn && me.isLoading && !me.data && <Loading />}
        {isSignedIn && me.problem?.status === 403 && <NotPermitted />}
        {isSignedIn && me.problem && me.problem.status !== 403 && (
          <section class="card">
            <h1>{say({ zh: '权限管理', en: 'Permissions' })}</h1>
            <Problem of={me.problem} onRetry={me.reload} />
          </section>
        )}
        {isSignedIn && me.data && shown && <Views me={me.data} view={view} rest={rest} />}
      </main>
    </>
  );
}

function Views({ me, view, rest }: { me: Me; view: string; rest: readonly string[] }) {
  const mayGrant = me.permissions.includes('admin:permissions');
  const [revision, setRevision] = useState(0);
  const [wanted, setWanted] = useState<Wanted | undefined>(() =>
    mayGrant && hasDraft() ? {} : undefined,
  );
  const list = useLoad(
    async () =>
      mayGrant
        ? (await ask<{ departments: readonly Department[] }>('departments')).departments
        : [],
    [],
  );
  const company = useMemo(() => createCompany(list.data ?? []), [list.data]);
  const changes = useMemo(() => ({ revision, open: setWanted }), [revision]);
  const isPeople = ['people', 'department', 'member'].includes(view);
  const [id = ''] = rest;
  const onChanged = () => setRevision((before) => before + 1);
  return (
    <CompanyContext.Provider value={company}>
      <ChangesContext.Provider value={changes}>
        {isPeople && list.problem && <Problem of={list.problem} onRetry={list.reload} />}
        {isPeople && (list.data || list.problem) && <People route={[view, ...rest]} />}
        {isPeople && !list.data && !list.problem && <Loading />}
        {view === 'permissions' && <Permissions />}
        {view === 'permission' && <PermissionView key={id} name={id} />}
        {view === 'applications' && <Applications />}
        {view === 'application' && <ApplicationView key={id} id={id} mayGrant={mayGrant} />}
        {view === 'history' && <History key={id} subject={id || undefined} />}
        {view === 'import' && <ImportExport onChanged={onChanged} />}
        {wanted && (
          <ChangeDialog
            wanted={wanted}
            onChanged={onChanged}
            onClose={() => setWanted(undefined)}
          />
        )}
      </ChangesContext.Provider>
    </CompanyContext.Provider>
  );
}

function SignIn({ refusal: first }: { refusal: Refusal | undefined }) {
  const title = say({ zh: '权限管理', en: 'Permissions' });
  const [refusal, setRefusal] = useState(first);
  const { run, isBusy } = useAction();
  const signIn = () => run(async () => setRefusal((await auth.signIn()).refusal));
  return (
    <section class="card narrow">
      <Heading title={title}>{title}</Heading>
      <p>
        {say({
          zh: '决定谁可以使用什么。请用企业微信登录。',
          en: 'Decide who may use what. Sign in with WeCom.',
        })}
      </p>
      {refusal && (
        <div class="refusal" role="alert">
          <b>{say(refusal.text)}</b>
          {refusal.requestId && (
            <code>
              {say({
                zh: `请求编号 ${refusal.requestId}`,
                en: `Request id ${refusal.requestId}`,
              })}
            </code>
          )}
        </div>
      )}
      <button type="button" class="primary" aria-disabled={isBusy} onClick={() => void signIn()}>
        {say({ zh: '企业微信登录', en: 'Sign in with WeCom' })}
      </button>
    </section>
  );
}

function NotPermitted() {
  const title = say({ zh: '你没有管理权限', en: 'You may not administer' });
  const userid = auth.session?.member.userid ?? '';
  const stage = document.querySelector<HTMLMetaElement>('meta[name=stage]')?.content ?? 'local';
  const option = stage === 'local' ? '' : ` --stage ${stage}`;
  return (
    <section class="card narrow">
      <Heading title={title}>{title}</Heading>
      <p>
        {say({
          zh: `你以 ${userid} 登录。管理需要权限 admin:permissions（管理权限）或 admin:clients（管理应用），请联系拥有它们的管理员。`,
          en: `You are signed in as ${userid}. This needs the permission admin:permissions or, for applications, admin:clients. Ask an administrator who holds them.`,
        })}
      </p>
      <p>
        {say({
          zh: '如果还没有管理员，请运维人员在项目目录中运行：',
          en: 'If there is no administrator yet, the operator runs this in the folder of the project:',
        })}
      </p>
      <pre>{`npm run permissions -- grant user:${userid} admin:permissions${option}`}</pre>
      <p>
        <button type="button" class="quiet" onClick={() => location.reload()}>
          {say({ zh: '再次检查', en: 'Check again' })}
        </button>
      </p>
    </section>
  );
}

setLanguage(language());
const root = document.querySelector('#page');
if (root) {
  const starting = (
    <main>
      <Loading />
    </main>
  );
  render(starting, root);
}
const { refusal } = await auth.start();
if (root) render(<Page refusal={refusal} />, root);
