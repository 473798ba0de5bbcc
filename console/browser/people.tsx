import { useState } from 'preact/hooks';
import {
  ask,
  type Grant,
  type Member,
  type MemberDetails,
  type MemberPermissions,
  withQuery,
} from './api.ts';
import { departmentName, departmentPath, rememberNames, useCompany } from './company.ts';
import { DepartmentTree } from './departmentTree.tsx';
import { GrantList } from './grants.tsx';
import { linkTo, useLoad, usePages } from './hooks.ts';
import { say, type Words } from './language.ts';
import { useChange, useRevision } from './openChange.ts';
import {
  Heading,
  Loading,
  MemberLink,
  More,
  Permission,
  Problem,
  Subject,
  TermsText,
} from './parts.tsx';

const go = (...parts: string[]) => {
  location.hash = linkTo(...parts);
};

/** Departments beside what is opened of them: nothing, a department or a member. */
export function People({ route }: { route: readonly string[] }) {
  const [view = '', id = ''] = route;
  return (
    <div class="people" data-view={view}>
      <section class="card side" aria-label={say({ zh: '查找', en: 'Find' })}>
        <FindMember />
        <h2>{say({ zh: '部门', en: 'Departments' })}</h2>
        <DepartmentTree
          label={say({ zh: '部门', en: 'Departments' })}
          selected={view === 'department' ? Number(id) : undefined}
          onSelect={(chosen) => go('department', String(chosen))}
        />
      </section>
      <div class="opened">
        {view !== 'people' && (
          <p class="back">
            <a href={linkTo('people')}>{say({ zh: '← 所有部门', en: '← All departments' })}</a>
          </p>
        )}
        {view === 'department' && <DepartmentView key={id} id={Number(id)} />}
        {view === 'member' && <MemberView key={id} userid={id} />}
        {view === 'people' && <Hint />}
      </div>
    </div>
  );
}

function Hint() {
  const title = say({ zh: '成员', en: 'People' });
  const change = useChange();
  return (
    <section class="card">
      <Heading title={title}>{title}</Heading>
      <p>
        {say({
          zh: '选择部门查看其中的成员，或按账号查找成员。企业微信不支持按姓名搜索整个企业，打开部门后可按姓名筛选。',
          en: 'Choose a department to see its members, or find a member by userid. WeCom cannot search the whole company by name; filter by name in an opened department.',
        })}
      </p>
      <button type="button" onClick={() => change({})}>
        {say({ zh: '新的授权', en: 'New grant' })}
      </button>
    </section>
  );
}

function FindMember() {
  const [userid, setUserid] = useState('');
  return (
    <form
      class="find"
      onSubmit={(event) => {
        event.preventDefault();
        go('member', userid.trim());
      }}
    >
      <label>
        {say({ zh: '成员账号（userid）', en: 'Userid of a member' })}
        <input
          value={userid}
          required
          maxLength={64}
          pattern="\s*[0-9A-Za-z][0-9A-Za-z_\-@.]*\s*"
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => setUserid(currentTarget.value)}
        />
      </label>
      <button type="submit" class="quiet">
        {say({ zh: '查找', en: 'Find' })}
      </button>
    </form>
  );
}

/** Members that are drawn before a click draws as many more. */
const DRAWN = 200;

function DepartmentView({ id }: { id: number }) {
  const company = useCompany();
  const change = useChange();
  const [sought, setSought] = useState('');
  const [drawn, setDrawn] = useState(DRAWN);
  const [unreadable, setUnreadable] = useState(0);
  const all = usePages(async (cursor) => {
    const answer = await ask<{ members: readonly Member[]; unreadable: number; next?: string }>(
      withQuery(`departments/${id}/members`, { cursor }),
    );
    rememberNames(company, answer.members);
    setUnreadable((before) => (cursor ? before : 0) + answer.unreadable);
    return { items: answer.members, next: answer.next };
  }, []);
  const name = departmentName(company, id);
  const text = sought.trim().toLowerCase();
  const members = all.items.filter((member) =>
    `${member.name} ${member.userid}`.toLowerCase().includes(text),
  );
  const isEmpty = all.items.length === 0 && !all.isLoading && !all.problem;
  return (
    <>
      <section class="card">
        <Heading title={name}>{name}</Heading>
        <p class="soft">{departmentPath(company, id)}</p>
        <div class="actions">
          <button type="button" onClick={() => change({ subjects: [`department:${id}`] })}>
            {say({ zh: '给部门授权', en: 'Change its grants' })}
          </button>
          <a class="button quiet" href={linkTo('history', `department:${id}`)}>
            {say({ zh: '变更记录', en: 'History' })}
          </a>
        </div>
      </section>
      <OwnGrants subject={`department:${id}`} />
      <section class="card" aria-busy={all.isLoading}>
        <h2>{say({ zh: '成员', en: 'Members' })}</h2>
        <p class="soft">
          {say({
            zh: '直接属于本部门的成员，不含下级部门。',
            en: 'Those of the department itself, without the departments below it.',
          })}
        </p>
        <Problem of={all.problem} onRetry={all.reload} />
        {all.items.length === 0 && all.isLoading && <Loading />}
        {all.items.length > 0 && (
          <label>
            {say({ zh: '按姓名或账号筛选', en: 'Filter by name or userid' })}
            <input
              type="search"
              value={sought}
              autocomplete="off"
              onInput={({ currentTarget }) => setSought(currentTarget.value)}
            />
          </label>
        )}
        <p class="soft" role="status">
          {text !== '' &&
            say({ zh: `找到 ${members.length} 名成员。`, en: `${members.length} members found.` })}
          {isEmpty &&
            say({ zh: '本部门没有直属成员。', en: 'The department has no members of its own.' })}
          {unreadable > 0 &&
            say({
              zh: ` 另有 ${unreadable} 名成员的资料无法读取。`,
              en: ` ${unreadable} more could not be read.`,
            })}
        </p>
        <ul class="members">
          {members.slice(0, drawn).map(({ userid }) => (
            <li key={userid}>
              <MemberLink userid={userid} />
            </li>
          ))}
        </ul>
        {members.length > drawn ? (
          <More isLoading={false} onMore={() => setDrawn(drawn + DRAWN)} />
        ) : (
          all.hasMore && <More isLoading={all.isLoading} onMore={all.more} />
        )}
      </section>
    </>
  );
}

/** The grants that name this subject itself. */
function OwnGrants({ subject }: { subject: string }) {
  const revision = useRevision();
  const grants = usePages(
    async (cursor) => {
      const { grants: items, next } = await ask<{ grants: readonly Grant[]; next?: string }>(
        withQuery('grants', { subject, cursor }),
      );
      return { items, next };
    },
    [revision],
  );
  return (
    <section class="card" aria-busy={grants.isLoading}>
      <h2>{say({ zh: '直接授权', en: 'Direct grants' })}</h2>
      <Problem of={grants.problem} onRetry={grants.reload} />
      {grants.items.length > 0 ? (
        <GrantList grants={grants.items} shows="permission" />
      ) : grants.isLoading ? (
        <Loading />
      ) : (
        !grants.problem && (
          <p class="soft">{say({ zh: '没有直接授权。', en: 'There are none.' })}</p>
        )
      )}
      {grants.hasMore && <More isLoading={grants.isLoading} onMore={grants.more} />}
    </section>
  );
}

function MemberView({ userid }: { userid: string }) {
  const company = useCompany();
  const change = useChange();
  const member = useLoad(async () => {
    const answer = await ask<MemberDetails>(`members/${encodeURIComponent(userid)}`);
    rememberNames(company, [answer]);
    return answer;
  }, []);
  const { data } = member;
  const name = data?.name || userid;
  return (
    <>
      <section class="card" aria-busy={member.isLoading}>
        <Heading title={name}>{name}</Heading>
        <Problem of={member.problem} onRetry={member.reload} />
        {!data && member.isLoading && <Loading />}
        {data && (
          <>
            <p class="soft">{[userid, data.position].filter(Boolean).join(' · ')}</p>
            {!data.active && (
              <p>
                <span class="badge no">
                  {say({ zh: '未激活或已禁用', en: 'not activated, or disabled' })}
                </span>
              </p>
            )}
            <ul class="plain">
              {data.departments.map((id) => (
                <li key={id}>
                  <a href={linkTo('department', String(id))}>
                    {departmentPath(company, id) || departmentName(company, id)}
                  </a>
                </li>
              ))}
            </ul>
          </>
        )}
        <div class="actions">
          <button type="button" onClick={() => change({ subjects: [`user:${userid}`] })}>
            {say({ zh: '给成员授权', en: 'Change their grants' })}
          </button>
          <a class="button quiet" href={linkTo('history', `user:${userid}`)}>
            {say({ zh: '变更记录', en: 'History' })}
          </a>
        </div>
      </section>
      <Decisions userid={userid} />
      <OwnGrants subject={`user:${userid}`} />
    </>
  );
}

const VERDICTS: Readonly<Record<string, Words>> = {
  decides: { zh: '起决定作用', en: 'decides' },
  agrees: { zh: '结论相同', en: 'agrees' },
  overruled: { zh: '被否决', en: 'overruled' },
  expired: { zh: '已过期', en: 'expired' },
  suspended: { zh: '已停用', en: 'suspended' },
  unreadable: { zh: '部门或标签无法读取', en: 'its group cannot be read' },
  unused: { zh: '未使用', en: 'not used' },
};

function Decisions({ userid }: { userid: string }) {
  const revision = useRevision();
  const change = useChange();
  const { data, problem, isLoading, reload } = useLoad(
    () => ask<MemberPermissions>(`members/${encodeURIComponent(userid)}/permissions`),
    [revision],
  );
  return (
    <section class="card" aria-busy={isLoading}>
      <h2>{say({ zh: '能使用什么，为什么', en: 'What they may use, and why' })}</h2>
      <Problem of={problem} onRetry={reload} />
      {!data && isLoading && <Loading />}
      {data && (
        <>
          <p class="soft">{say(data.status)}</p>
          {data.pending && (
            <p class="notice">
              {say({
                zh: '这名成员离职或改名，授权正在处理，稍后再修改。',
                en: 'This member left or was renamed, and the grants are being settled. Change them later.',
              })}
            </p>
          )}
          {data.unreadable.length > 0 && (
            <p class="notice">
              {say({ zh: '以下部门或标签无法读取：', en: 'These groups could not be read: ' })}
              {data.unreadable.join(', ')}
            </p>
          )}
          <ul class="rows decisions">
            {data.decisions.map(({ permission, authorized, why, grants }) => (
              <li key={permission}>
                <div class="what">
                  <span class={authorized ? 'badge yes' : 'badge no'}>
                    {authorized
                      ? say({ zh: '✓ 有权限', en: '✓ permitted' })
                      : say({ zh: '✗ 无权限', en: '✗ not permitted' })}
                  </span>{' '}
                  <b>
                    <Permission name={permission} />
                  </b>
                  <p class="why">{say(why)}</p>
                  {grants.length > 0 && (
                    <details>
                      <summary>
                        {say({
                          zh: `相关授权 ${grants.length} 条`,
                          en: `Grants concerned: ${grants.length}`,
                        })}
                      </summary>
                      <ul class="plain">
                        {grants.map((grant) => (
                          <li key={`${grant.subject} ${grant.permission}`}>
                            <Subject of={grant.subject} />{' '}
                            {grant.permission === '*' && <Permission name="*" />}{' '}
                            <TermsText terms={grant} />{' '}
                            <i>{say(VERDICTS[grant.verdict] ?? { zh: '', en: '' })}</i>
                          </li>
                        ))}
                      </ul>
                    </details>
                  )}
                </div>
                <button
                  type="button"
                  class="quiet small"
                  aria-label={say({ zh: `修改 ${permission}`, en: `Change ${permission}` })}
                  onClick={() =>
                    change({
                      action: authorized ? 'deny' : 'grant',
                      subjects: [`user:${userid}`],
                      permissions: [permission],
                    })
                  }
                >
                  {say({ zh: '修改', en: 'Change' })}
                </button>
              </li>
            ))}
          </ul>
          {data.morePermissions && (
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
