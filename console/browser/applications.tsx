import { useEffect, useState } from 'preact/hooks';
import {
  type Application,
  type ApplicationDetails,
  type ApplicationSecret,
  ask,
  post,
  withQuery,
} from './api.ts';
import { GrantList } from './grants.tsx';
import { keepDraft, linkTo, readDraft, useAction, useLoad } from './hooks.ts';
import { say, type Words } from './language.ts';
import { useRevision } from './openChange.ts';
import { By, Dialog, Heading, Loading, Permission, Problem, Subject, TermsText } from './parts.tsx';
import { shownTime } from './time.ts';

const DRAFT = 'application';

/** The programs that sign people in with the OpenID provider. */
export function Applications() {
  const title = say({ zh: '应用', en: 'Applications' });
  const [isAdding, setAdding] = useState(() => readDraft(DRAFT) !== undefined);
  const { data, problem, isLoading, reload } = useLoad(
    () =>
      ask<{ issuer: string; clients: readonly Application[]; unreadable: readonly string[] }>(
        'clients',
      ),
    [],
  );
  return (
    <section class="card" aria-busy={isLoading}>
      <Heading title={title}>{title}</Heading>
      <p>
        {say({
          zh: '用企业微信登录的应用。每个应用需要一项权限，拥有该权限的成员才能使用。',
          en: 'The applications that people sign in to with WeCom. Each needs a permission: whoever holds it may use the application.',
        })}
      </p>
      <div class="actions">
        <button type="button" onClick={() => setAdding(true)}>
          {say({ zh: '添加应用', en: 'Add an application' })}
        </button>
      </div>
      <Problem of={problem} onRetry={reload} />
      {!data && isLoading && <Loading />}
      {data && (
        <>
          <p class="soft">
            {say({ zh: '应用中填写的 Issuer：', en: 'The issuer to enter in an application: ' })}
            <code>{data.issuer}</code>
          </p>
          <ul class="rows">
            {data.clients.map((client) => (
              <li key={client.client_id}>
                <div class="what">
                  <b>
                    <a href={linkTo('application', client.client_id)}>{client.client_name}</a>
                  </b>{' '}
                  <span class="soft">{client.client_id}</span>
                  <p class="soft">
                    {say({ zh: '需要权限', en: 'Needs' })}{' '}
                    <span class="permission">{client.permission}</span>
                  </p>
                </div>
              </li>
            ))}
            {data.unreadable.map((id) => (
              <li key={id}>
                <div class="what">
                  <b>
                    <a href={linkTo('application', id)}>{id}</a>
                  </b>{' '}
                  <span class="badge no">{say({ zh: '无法读取', en: 'cannot be read' })}</span>
                </div>
              </li>
            ))}
          </ul>
          {data.clients.length + data.unreadable.length === 0 && (
            <p class="soft">{say({ zh: '还没有应用。', en: 'There are none yet.' })}</p>
          )}
        </>
      )}
      {isAdding && <AddApplication onAdded={reload} onClose={() => setAdding(false)} />}
    </section>
  );
}

interface Draft {
  readonly name: string;
  readonly id: string;
  readonly redirectUris: string;
  readonly permission: string;
  readonly logoutUris: string;
  readonly backchannelUri: string;
  readonly isPublic: boolean;
  readonly hasRefresh: boolean;
  readonly hasGroupPaths: boolean;
  readonly emailDomain: string;
  readonly audience: string;
}

const EMPTY: Draft = {
  name: '',
  id: '',
  redirectUris: '',
  permission: '',
  logoutUris: '',
  backchannelUri: '',
  isPublic: false,
  hasRefresh: false,
  hasGroupPaths: false,
  emailDomain: '',
  audience: '',
};

const linesOf = (text: string) => text.split(/\s+/).filter(Boolean);

function AddApplication({ onAdded, onClose }: { onAdded: () => void; onClose: () => void }) {
  const [draft, setDraft] = useState<Draft>(() => readDraft<Draft>(DRAFT) ?? EMPTY);
  const [added, setAdded] = useState<ApplicationSecret>();
  const action = useAction();
  useEffect(() => keepDraft(DRAFT, added ? undefined : draft), [draft, added]);
  const set = (changes: Partial<Draft>) => setDraft({ ...draft, ...changes });
  function close(): void {
    keepDraft(DRAFT);
    onClose();
  }
  const submit = (event: Event) => {
    event.preventDefault();
    const logoutUris = linesOf(draft.logoutUris);
    const given = {
      client_id: draft.id.trim(),
      permission: draft.permission.trim(),
      backchannel_logout_uri: draft.backchannelUri.trim(),
      email_domain: draft.emailDomain.trim(),
      audience: draft.audience.trim(),
    };
    void action.run(async () => {
      const answer = await post<ApplicationSecret>('clients', {
        client_name: draft.name.trim(),
        redirect_uris: linesOf(draft.redirectUris),
        ...Object.fromEntries(Object.entries(given).filter(([, value]) => value)),
        ...(logoutUris.length > 0 && { post_logout_redirect_uris: logoutUris }),
        public: draft.isPublic,
        refresh: draft.hasRefresh,
        group_paths: draft.hasGroupPaths,
      });
      setAdded(answer);
      onAdded();
    });
  };
  const text = (label: Words, name: keyof Draft, more: object = {}) => (
    <label>
      {say(label)}
      <input
        value={String(draft[name])}
        autocomplete="off"
        spellcheck={false}
        onInput={({ currentTarget }) => set({ [name]: currentTarget.value })}
        {...more}
      />
    </label>
  );
  const choice = (label: Words, name: keyof Draft) => (
    <label class="choice">
      <input
        type="checkbox"
        checked={draft[name] === true}
        onChange={({ currentTarget }) => set({ [name]: currentTarget.checked })}
      />
      <span>{say(label)}</span>
    </label>
  );
  const title = { zh: '添加应用', en: 'Add an application' };
  return (
    <Dialog
      title={say(title)}
      staysOnEscape={action.isBusy || added !== undefined}
      onClose={() => action.isBusy || close()}
    >
      {added ? (
        <Secret of={added} onClose={close} />
      ) : (
        <form class="stacked" onSubmit={submit} aria-busy={action.isBusy}>
          {text(
            { zh: '名称，登录时显示给成员', en: 'Name, which members see when they sign in' },
            'name',
            {
              required: true,
              maxLength: 100,
            },
          )}
          <label>
            {say({
              zh: '回调地址（redirect URI），每行一个',
              en: 'Redirect URIs, one on each line',
            })}
            <textarea
              required
              rows={2}
              value={draft.redirectUris}
              spellcheck={false}
              onInput={({ currentTarget }) => set({ redirectUris: currentTarget.value })}
            />
          </label>
          {text(
            {
              zh: '需要的权限，不填则为 access',
              en: 'Permission that it needs; access if left empty',
            },
            'permission',
            { maxLength: 64, pattern: '\\s*[a-z0-9:._\\-]+\\s*' },
          )}
          {choice(
            {
              zh: '公开应用：运行在浏览器或手机中，没有密钥',
              en: 'Public: it runs in a browser or on a phone, and has no secret',
            },
            'isPublic',
          )}
          <details>
            <summary>{say({ zh: '更多设置', en: 'More settings' })}</summary>
            {text(
              { zh: '应用 ID（client_id），不填则自动生成', en: 'client_id; made if left empty' },
              'id',
              {
                maxLength: 64,
              },
            )}
            <label>
              {say({
                zh: '退出后返回的地址，每行一个',
                en: 'Addresses after a sign-out, one on each line',
              })}
              <textarea
                rows={2}
                value={draft.logoutUris}
                spellcheck={false}
                onInput={({ currentTarget }) => set({ logoutUris: currentTarget.value })}
              />
            </label>
            {text(
              {
                zh: '接收退出通知的地址（back-channel logout）',
                en: 'Address for back-channel logout',
              },
              'backchannelUri',
            )}
            {text(
              {
                zh: '邮箱域名：以 <userid>@<域名> 作为邮箱',
                en: 'E-mail domain: <userid>@<domain> is then the e-mail address',
              },
              'emailDomain',
            )}
            {text({ zh: 'API 的 audience', en: 'Audience of an API' }, 'audience')}
            {choice(
              { zh: '允许刷新令牌（refresh token）', en: 'May have refresh tokens' },
              'hasRefresh',
            )}
            {choice(
              { zh: 'groups 中使用部门的完整名称', en: 'Full names of departments in groups' },
              'hasGroupPaths',
            )}
          </details>
          <Problem of={action.problem} />
          <div class="actions">
            <button type="submit" aria-disabled={action.isBusy}>
              {action.isBusy
                ? say({ zh: '正在添加…', en: 'Adding …' })
                : say({ zh: '添加', en: 'Add' })}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

/** A secret, which nobody sees again. */
function Secret({ of, onClose }: { of: ApplicationSecret; onClose: () => void }) {
  const [isCopied, setCopied] = useState(false);
  const { client_id, client_secret, old_secret_expires_at, notes = [] } = of;
  return (
    <>
      <dl>
        <dt>client_id</dt>
        <dd>
          <code>{client_id}</code>
        </dd>
        {client_secret && (
          <>
            <dt>client_secret</dt>
            <dd>
              <code class="secret">{client_secret}</code>{' '}
              <button
                type="button"
                class="quiet small"
                onClick={() =>
                  void navigator.clipboard.writeText(client_secret).then(
                    () => setCopied(true),
                    () => setCopied(false),
                  )
                }
              >
                {say({ zh: '复制', en: 'Copy' })}
              </button>
              <span role="status"> {isCopied && say({ zh: '已复制', en: 'Copied' })}</span>
            </dd>
          </>
        )}
      </dl>
      {client_secret && (
        <p class="notice">
          {say({
            zh: '密钥只显示这一次。请现在填入应用的设置，不要用聊天工具发送。',
            en: 'The secret is shown only now. Enter it in the settings of the application, and do not send it in a chat.',
          })}
        </p>
      )}
      {old_secret_expires_at && (
        <p>
          {say({
            zh: `旧密钥在 ${shownTime(old_secret_expires_at)}（北京时间）之前仍然有效。`,
            en: `The old secret works until ${shownTime(old_secret_expires_at)} (China time).`,
          })}
        </p>
      )}
      {notes.map((note) => (
        <p>{say(note)}</p>
      ))}
      <div class="actions">
        <button type="button" onClick={onClose}>
          {say({ zh: '完成', en: 'Done' })}
        </button>
      </div>
    </>
  );
}

const DONE: Readonly<Record<string, Words>> = {
  added: { zh: '添加', en: 'added' },
  'secret-rotated': { zh: '更换密钥', en: 'secret rotated' },
  removed: { zh: '移除', en: 'removed' },
};

/** @param mayGrant whether the caller may change grants too */
export function ApplicationView({ id, mayGrant }: { id: string; mayGrant: boolean }) {
  const revision = useRevision();
  const [dialog, setDialog] = useState<'rotate' | 'remove'>();
  const path = `clients/${encodeURIComponent(id)}`;
  const { data, problem, isLoading, reload } = useLoad(
    () => ask<ApplicationDetails>(path),
    [revision],
  );
  const client = data?.client;
  const name = client?.client_name ?? id;
  const close = () => setDialog(undefined);
  return (
    <>
      <p class="back">
        <a href={linkTo('applications')}>{say({ zh: '← 所有应用', en: '← All applications' })}</a>
      </p>
      <section class="card" aria-busy={isLoading}>
        <Heading title={name}>{name}</Heading>
        <Problem of={problem} onRetry={reload} />
        {!data && isLoading && <Loading />}
        {data?.client === null && !data.unreadable && (
          <p>{say({ zh: '这个应用已被移除。', en: 'This application was removed.' })}</p>
        )}
        {data?.unreadable && (
          <p class="notice">
            {say({
              zh: '这个应用的设置无法读取，没有人能登录它。可以移除后重新添加。',
              en: 'The settings of this application cannot be read, so nobody can sign in to it. Remove it and add it again.',
            })}
          </p>
        )}
        {client && <Settings client={client} />}
        <div class="actions">
          {client && !client.public && (
            <button type="button" onClick={() => setDialog('rotate')}>
              {say({ zh: '更换密钥', en: 'Rotate the secret' })}
            </button>
          )}
          {(client || data?.unreadable) && (
            <button type="button" class="quiet" onClick={() => setDialog('remove')}>
              {say({ zh: '移除应用', en: 'Remove' })}
            </button>
          )}
        </div>
      </section>
      {client && (
        <section class="card">
          <h2>{say({ zh: '谁可以使用', en: 'Who may use it' })}</h2>
          <p>
            {say({ zh: '拥有这项权限的成员：', en: 'Whoever holds this permission: ' })}
            {mayGrant ? (
              <Permission name={client.permission} />
            ) : (
              <span class="permission">{client.permission}</span>
            )}
          </p>
          {data.holders.length === 0 ? (
            <p class="notice">{say({ zh: '目前没有人。', en: 'Nobody yet.' })}</p>
          ) : mayGrant ? (
            <GrantList grants={data.holders} shows="subject" />
          ) : (
            <ul class="plain">
              {data.holders.map((grant) => (
                <li key={`${grant.subject} ${grant.permission}`}>
                  <Subject of={grant.subject} /> <TermsText terms={grant} />
                </li>
              ))}
            </ul>
          )}
          {data.moreHolders && mayGrant && (
            <a href={linkTo('permission', client.permission)}>
              {say({ zh: '显示全部', en: 'Show all' })}
            </a>
          )}
        </section>
      )}
      {data && data.history.length > 0 && (
        <section class="card">
          <h2>{say({ zh: '变更记录', en: 'History' })}</h2>
          <ul class="plain">
            {data.history.map(({ at, by, action }) => (
              <li key={at}>
                <time dateTime={at}>{shownTime(at)}</time> <By who={by} />{' '}
                {say(DONE[action] ?? { zh: action, en: action })}
              </li>
            ))}
          </ul>
        </section>
      )}
      {dialog === 'rotate' && client && (
        <Rotate client={client} path={path} onRotated={reload} onClose={close} />
      )}
      {dialog === 'remove' && (
        <Remove
          name={name}
          path={withQuery(path, { revision: client ? String(client.revision) : undefined })}
          onClose={close}
        />
      )}
    </>
  );
}

function Settings({ client }: { client: Application }) {
  const yes = say({ zh: '是', en: 'yes' });
  const no = say({ zh: '否', en: 'no' });
  const facts: [Words, string | undefined][] = [
    [{ zh: 'client_id', en: 'client_id' }, client.client_id],
    [{ zh: '回调地址', en: 'Redirect URIs' }, client.redirect_uris.join('\n')],
    [
      { zh: '退出后返回', en: 'After a sign-out' },
      client.post_logout_redirect_uris.join('\n') || undefined,
    ],
    [{ zh: '退出通知', en: 'Back-channel logout' }, client.backchannel_logout_uri],
    [{ zh: '公开应用', en: 'Public' }, client.public ? yes : no],
    [{ zh: '刷新令牌', en: 'Refresh tokens' }, client.refresh ? yes : no],
    [{ zh: '邮箱域名', en: 'E-mail domain' }, client.email_domain],
    [{ zh: 'audience', en: 'Audience' }, client.audience],
    [
      { zh: '密钥创建于', en: 'Secrets made at' },
      client.secrets
        .map(({ created_at, expires_at }) =>
          expires_at
            ? say({
                zh: `${shownTime(created_at)}，至 ${shownTime(expires_at)} 有效`,
                en: `${shownTime(created_at)}, works until ${shownTime(expires_at)}`,
              })
            : shownTime(created_at),
        )
        .join('\n') || undefined,
    ],
  ];
  return (
    <dl>
      {facts.map(
        ([label, value]) =>
          value !== undefined && (
            <>
              <dt>{say(label)}</dt>
              <dd class="lines">{value}</dd>
            </>
          ),
      )}
    </dl>
  );
}

function Rotate(props: {
  client: Application;
  path: string;
  onRotated: () => void;
  onClose: () => void;
}) {
  const [keepHours, setKeepHours] = useState('24');
  const [rotated, setRotated] = useState<ApplicationSecret>();
  const action = useAction();
  const rotate = (event: Event) => {
    event.preventDefault();
    void action.run(async () => {
      const { revision } = props.client;
      const body = { revision, keep_hours: Number(keepHours) };
      setRotated(await post<ApplicationSecret>(`${props.path}/secret`, body));
      props.onRotated();
    });
  };
  return (
    <Dialog
      title={say({ zh: '更换密钥', en: 'Rotate the secret' })}
      staysOnEscape={action.isBusy || rotated !== undefined}
      onClose={() => action.isBusy || props.onClose()}
    >
      {rotated ? (
        <Secret of={rotated} onClose={props.onClose} />
      ) : (
        <form class="stacked" onSubmit={rotate} aria-busy={action.isBusy}>
          <label>
            {say({ zh: '旧密钥继续有效', en: 'The old secret works' })}
            <select
              value={keepHours}
              onChange={({ currentTarget }) => setKeepHours(currentTarget.value)}
            >
              <option value="24">{say({ zh: '24 小时', en: '24 more hours' })}</option>
              <option value="168">{say({ zh: '7 天', en: '7 more days' })}</option>
              <option value="0">
                {say({
                  zh: '不再有效：立即停用所有旧密钥',
                  en: 'no more: stop all old secrets at once',
                })}
              </option>
            </select>
          </label>
          <Problem of={action.problem} />
          <div class="actions">
            <button type="submit" aria-disabled={action.isBusy}>
              {action.isBusy
                ? say({ zh: '正在更换…', en: 'Rotating …' })
                : say({ zh: '更换', en: 'Rotate' })}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

function Remove(props: { name: string; path: string; onClose: () => void }) {
  const action = useAction();
  const remove = () =>
    action.run(async () => {
      await ask(props.path, { method: 'DELETE' });
      props.onClose();
      location.hash = linkTo('applications');
    });
  return (
    <Dialog
      title={say({ zh: `移除 ${props.name}？`, en: `Remove ${props.name}?` })}
      onClose={props.onClose}
    >
      <p>
        {say({
          zh: '之后没有人能登录这个应用，它的刷新令牌立即失效。不能撤回，只能重新添加并更换密钥。',
          en: 'Nobody can sign in to it afterwards, and its refresh tokens stop at once. This cannot be undone: it can only be added again, with another secret.',
        })}
      </p>
      <Problem of={action.problem} />
      <div class="actions">
        <button
          type="button"
          class="danger"
          aria-disabled={action.isBusy}
          onClick={() => void remove()}
        >
          {action.isBusy
            ? say({ zh: '正在移除…', en: 'Removing …' })
            : say({ zh: '移除', en: 'Remove' })}
        </button>
        <button type="button" class="quiet" onClick={props.onClose}>
          {say({ zh: '取消', en: 'Cancel' })}
        </button>
      </div>
    </Dialog>
  );
}
