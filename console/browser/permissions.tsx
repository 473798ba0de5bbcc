import { useState } from 'preact/hooks';
import { ask, type Grant, withQuery } from './api.ts';
import { GrantList } from './grants.tsx';
import { linkTo, useLoad, usePages } from './hooks.ts';
import { say, type Words } from './language.ts';
import { useChange, useRevision } from './openChange.ts';
import { Heading, Loading, More, Permission, Problem } from './parts.tsx';

export function usePermissions() {
  const revision = useRevision();
  return useLoad(
    () => ask<{ permissions: readonly string[]; more: boolean }>('permissions'),
    [revision],
  );
}

/** What wecom-auth itself asks. */
const OWN: Readonly<Record<string, Words>> = {
  access: {
    zh: '未指定权限时检查的权限',
    en: 'what is asked where no permission is named',
  },
  'admin:clients': { zh: '管理应用', en: 'administers applications' },
  'admin:permissions': { zh: '管理权限', en: 'administers permissions' },
  'verify:any': { zh: '查询其他成员的权限', en: 'asks about other members' },
};

export function Permissions() {
  const title = say({ zh: '权限', en: 'Permissions' });
  const change = useChange();
  const [sought, setSought] = useState('');
  const { data, problem, isLoading, reload } = usePermissions();
  const names = ['*', ...(data?.permissions ?? [])].filter((name) =>
    name.includes(sought.trim().toLowerCase()),
  );
  return (
    <section class="card" aria-busy={isLoading}>
      <Heading title={title}>{title}</Heading>
      <p>
        {say({
          zh: '正在使用的权限。选择一项，查看谁拥有它，以及由哪条授权而来。',
          en: 'The permissions in use. Choose one to see who has it, and by which grant.',
        })}
      </p>
      <div class="actions">
        <button type="button" onClick={() => change({})}>
          {say({ zh: '新的授权', en: 'New grant' })}
        </button>
      </div>
      <Problem of={problem} onRetry={reload} />
      {!data && isLoading && <Loading />}
      {data && (
        <>
          <label>
            {say({ zh: '筛选', en: 'Filter' })}
            <input
              type="search"
              value={sought}
              autocomplete="off"
              onInput={({ currentTarget }) => setSought(currentTarget.value)}
            />
          </label>
          <ul class="rows">
            {names.map((name) => (
              <li key={name}>
                <div class="what">
                  <Permission name={name} />{' '}
                  {OWN[name] && <span class="soft">{say(OWN[name])}</span>}
                </div>
              </li>
            ))}
          </ul>
          {data.more && (
            <p class="soft">
              {say({
                zh: '只显示前 500 项权限。',
                en: 'Only the first 500 permissions are shown.',
              })}
            </p>
          )}
        </>
      )}
    </section>
  );
}

/** Who has one permission, by which grant. */
export function PermissionView({ name }: { name: string }) {
  const revision = useRevision();
  const change = useChange();
  const grants = usePages(
    async (cursor) => {
      const { grants: items, next } = await ask<{ grants: readonly Grant[]; next?: string }>(
        withQuery('grants', { permission: name, cursor }),
      );
      return { items, next };
    },
    [revision],
  );
  return (
    <>
      <p class="back">
        <a href={linkTo('permissions')}>{say({ zh: '← 所有权限', en: '← All permissions' })}</a>
      </p>
      <section class="card" aria-busy={grants.isLoading}>
        <Heading title={name}>{name}</Heading>
        <p>
          {name === '*'
            ? say({ zh: '以下授权包含所有权限。', en: 'These grants cover every permission.' })
            : say({
                zh: '涉及这项权限的授权，包括对所有权限的授权。有拒绝时，拒绝优先。',
                en: 'The grants that concern this permission, with those of every permission. A denial comes first.',
              })}
        </p>
        <div class="actions">
          <button type="button" onClick={() => change({ permissions: [name] })}>
            {say({ zh: '授权给…', en: 'Grant it to …' })}
          </button>
          <button type="button" class="quiet" onClick={grants.reload}>
            {say({ zh: '刷新', en: 'Refresh' })}
          </button>
        </div>
        <Problem of={grants.problem} onRetry={grants.reload} />
        {grants.items.length > 0 ? (
          <GrantList grants={grants.items} shows="subject" />
        ) : grants.isLoading ? (
          <Loading />
        ) : (
          !grants.problem && (
            <p class="soft">{say({ zh: '没有人拥有这项权限。', en: 'Nobody has it.' })}</p>
          )
        )}
        {grants.hasMore && <More isLoading={grants.isLoading} onMore={grants.more} />}
      </section>
    </>
  );
}
