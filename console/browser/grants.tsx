import { useState } from 'preact/hooks';
import type { Grant } from './api.ts';
import { say } from './language.ts';
import { useChange } from './openChange.ts';
import { Made, Permission, Subject, TermsText, useSubjectText } from './parts.tsx';

const keyOf = ({ subject, permission }: Grant) => `${subject} ${permission}`;

/** Grants that can be changed, one at a time or several at once. */
export function GrantList(props: { grants: readonly Grant[]; shows: 'subject' | 'permission' }) {
  const { grants, shows } = props;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const subjectText = useSubjectText();
  const change = useChange();
  const selected = grants.filter((grant) => chosen.has(keyOf(grant)));
  function choose(grant: Grant, isChosen: boolean): void {
    const next = new Set(chosen);
    if (isChosen) next.add(keyOf(grant));
    else next.delete(keyOf(grant));
    setChosen(next);
  }
  return (
    <>
      <ul class="rows">
        {grants.map((grant) => {
          const what = shows === 'subject' ? subjectText(grant.subject) : grant.permission;
          return (
            <li key={keyOf(grant)}>
              <input
                type="checkbox"
                aria-label={say({ zh: `选择 ${what}`, en: `Select ${what}` })}
                checked={chosen.has(keyOf(grant))}
                onChange={({ currentTarget }) => choose(grant, currentTarget.checked)}
              />
              <div class="what">
                <b>
                  {shows === 'subject' ? (
                    <Subject of={grant.subject} />
                  ) : (
                    <Permission name={grant.permission} />
                  )}
                </b>{' '}
                {shows === 'subject' && grant.permission === '*' && (
                  <span class="badge">{say({ zh: '所有权限', en: 'every permission' })}</span>
                )}
                <TermsText terms={grant} />
                <Made grant={grant} />
              </div>
              <button
                type="button"
                class="quiet small"
                aria-label={say({ zh: `修改 ${what}`, en: `Change ${what}` })}
                onClick={() => change({ grants: [grant] })}
              >
                {say({ zh: '修改', en: 'Change' })}
              </button>
            </li>
          );
        })}
      </ul>
      {selected.length > 0 && (
        <div class="selected">
          <button type="button" onClick={() => change({ grants: selected.slice(0, 100) })}>
            {say({
              zh: `修改选中的 ${selected.length} 条`,
              en: `Change ${selected.length} selected`,
            })}
          </button>
        </div>
      )}
    </>
  );
}
