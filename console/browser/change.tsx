import { useEffect, useId, useRef, useState } from 'preact/hooks';
import {
  type Action,
  type Change,
  type Changed,
  type Confirm,
  type Grant,
  type Pair,
  type Preview,
  type PreviewedChange,
  post,
  type Refused,
  type Result,
  type Terms,
} from './api.ts';
import { useCompany } from './company.ts';
import { DepartmentTree } from './departmentTree.tsx';
import { keepDraft, readDraft, useAction } from './hooks.ts';
import { say, type Words } from './language.ts';
import type { Wanted } from './openChange.ts';
import { Dialog, Problem, TermsText, useSubjectText } from './parts.tsx';
import { usePermissions } from './permissions.tsx';
import { shownUntil, today } from './time.ts';

const DRAFT = 'change';
/** Of one request. */
export const MAX_CHANGES = 100;

/** What is typed in the first step. */
interface Draft {
  readonly action: Action;
  readonly subjects: readonly string[];
  readonly permissions: readonly string[];
  /** Grants to change instead; subjects and permissions are then theirs. */
  readonly grants?: readonly Grant[] | undefined;
  readonly until: string;
  readonly note: string;
}

export function hasDraft(): boolean {
  return readDraft<Draft>(DRAFT) !== undefined;
}

function draftOf({ action = 'grant', subjects = [], permissions = [], grants }: Wanted): Draft {
  const [grant] = grants?.length === 1 ? grants : [];
  return {
    action: grant?.effect === 'deny' ? 'deny' : action,
    subjects,
    permissions,
    grants,
    // A date field has days only.
    until: grant?.until ? shownUntil(grant.until).slice(0, 10) : '',
    note: grant?.note ?? '',
  };
}

const pairsOf = ({ grants, subjects, permissions }: Draft): readonly Pair[] =>
  grants ??
  subjects.flatMap((subject) => permissions.map((permission) => ({ subject, permission })));

function changesOf(draft: Draft): Change[] {
  const { action, until, note } = draft;
  const hasTerms = action === 'grant' || action === 'deny';
  return pairsOf(draft).map(({ subject, permission }) => ({
    action,
    subject,
    permission,
    ...(hasTerms && until && { until }),
    ...(hasTerms && note.trim() && { note: note.trim() }),
  }));
}

type Step =
  | { readonly kind: 'edit' }
  | { readonly kind: 'preview'; readonly changes: readonly Change[]; readonly preview: Preview }
  | {
      readonly kind: 'done';
      readonly changes: readonly Change[];
      readonly preview: Preview;
      readonly changed: Changed;
    };

/** The dialog of a change: what to change, what that would do, what was done. */
export function ChangeDialog(props: {
  wanted: Wanted;
  onChanged: () => void;
  onClose: () => void;
}) {
  const [draft, setDraft] = useState<Draft>(() => readDraft<Draft>(DRAFT) ?? draftOf(props.wanted));
  const [step, setStep] = useState<Step>({ kind: 'edit' });
  const action = useAction();
  const body = useRef<HTMLDivElement>(null);

  useEffect(() => keepDraft(DRAFT, step.kind === 'done' ? undefined : draft), [draft, step]);
  useEffect(() => {
    // Each step begins at its heading, which a screen reader then reads.
    if (step.kind !== 'edit') body.current?.closest('dialog')?.querySelector('h2')?.focus();
  }, [step]);

  function close(): void {
    keepDraft(DRAFT);
    props.onClose();
  }
  const preview = (changes: readonly Change[]) =>
    action.run(async () => {
      const answer = await post<Preview>('grants/preview', { changes });
      setStep({ kind: 'preview', changes, preview: answer });
    });
  const confirm = (changes: readonly Change[], shown: Preview) =>
    action.run(async () => {
      const versions = new Map(shown.changes.map((each) => [keyOf(each), each.version]));
      const changed = await post<Changed>('grants', {
        changes: changes.map((each) => ({ ...each, version: versions.get(keyOf(each)) ?? null })),
        accept: shown.confirm,
      });
      setStep({ kind: 'done', changes, preview: shown, changed });
      props.onChanged();
    });

  const titles: Record<Step['kind'], Words> = {
    edit: { zh: '修改授权', en: 'Change grants' },
    preview: { zh: '将会改变什么', en: 'What this changes' },
    done: { zh: '结果', en: 'Result' },
  };
  return (
    <Dialog title={say(titles[step.kind])} onClose={close}>
      <div ref={body} aria-busy={action.isBusy}>
        {step.kind === 'edit' && (
          <Edit
            draft={draft}
            onDraft={setDraft}
            isBusy={action.isBusy}
            problem={action.problem}
            onPreview={(ready) => void preview(changesOf(ready))}
          />
        )}
        {step.kind === 'preview' && (
          <Previewed
            changes={step.changes}
            preview={step.preview}
            isBusy={action.isBusy}
            problem={action.problem}
            onBack={() => setStep({ kind: 'edit' })}
            onPreview={(changes) => void preview(changes)}
            onConfirm={(changes) => void confirm(changes, step.preview)}
          />
        )}
        {step.kind === 'done' && (
          <Done
            step={step}
            isBusy={action.isBusy}
            problem={action.problem}
            onPreview={(changes) => void preview(changes)}
            onClose={close}
          />
        )}
      </div>
    </Dialog>
  );
}

const keyOf = ({ subject, permission }: Pair) => `${subject.toLowerCase()} ${permission}`;

const ACTIONS: Readonly<Record<Action, Words>> = {
  grant: { zh: '允许', en: 'Allow' },
  deny: { zh: '拒绝', en: 'Deny' },
  revoke: { zh: '撤销授权', en: 'Revoke' },
  reinstate: { zh: '恢复已停用的授权', en: 'Reinstate' },
};

function Edit(props: {
  draft: Draft;
  onDraft: (draft: Draft) => void;
  isBusy: boolean;
  problem: Refused | undefined;
  onPreview: (draft: Draft) => void;
}) {
  const { draft, onDraft, isBusy } = props;
  const { action, grants, until, note } = draft;
  const subjectText = useSubjectText();
  const [typed, setTyped] = useState('');
  const [missing, setMissing] = useState<Words>();
  const known = usePermissions().data?.permissions ?? [];
  const set = (changes: Partial<Draft>) => onDraft({ ...draft, ...changes });
  const count = pairsOf(draft).length;
  const hasTerms = action === 'grant' || action === 'deny';
  const offered: Action[] = ['grant', 'deny', 'revoke'];
  if (grants?.some(({ suspendedAt }) => suspendedAt)) offered.push('reinstate');

  /** The draft with the permission that was typed and not added yet. */
  function withTyped(): Draft {
    const name = typed.trim();
    if (!name || draft.permissions.includes(name)) return draft;
    return { ...draft, permissions: [...draft.permissions, name] };
  }
  function addPermission(): void {
    onDraft(withTyped());
    setTyped('');
  }
  function submit(event: Event): void {
    event.preventDefault();
    const ready = withTyped();
    const pairs = pairsOf(ready).length;
    setMissing(
      ready.subjects.length === 0 && !grants
        ? { zh: '请先添加授权对象。', en: 'Add a subject first.' }
        : pairs === 0
          ? { zh: '请先填写权限。', en: 'Enter a permission first.' }
          : pairs > MAX_CHANGES
            ? { zh: '一次最多修改 100 条。', en: 'At most 100 grants change at once.' }
            : undefined,
    );
    if (pairs === 0 || pairs > MAX_CHANGES) return;
    onDraft(ready);
    setTyped('');
    props.onPreview(ready);
  }
  return (
    <form onSubmit={submit}>
      <fieldset>
        <legend>{say({ zh: '做什么', en: 'What to do' })}</legend>
        <div class="choices">
          {offered.map((each) => (
            <label class="choice" key={each}>
              <input
                type="radio"
                name="action"
                checked={action === each}
                onChange={() => set({ action: each })}
              />
              <span>{say(ACTIONS[each])}</span>
            </label>
          ))}
        </div>
      </fieldset>
      {grants ? (
        <ul class="plain">
          {grants.map((grant) => (
            <li key={keyOf(grant)}>
              {subjectText(grant.subject)} · <span class="permission">{grant.permission}</span>{' '}
              <TermsText terms={grant} />
            </li>
          ))}
        </ul>
      ) : (
        <>
          <fieldset>
            <legend>{say({ zh: '授权对象', en: 'To whom' })}</legend>
            <Chips
              of={draft.subjects}
              text={subjectText}
              onRemove={(gone) =>
                set({ subjects: draft.subjects.filter((subject) => subject !== gone) })
              }
            />
            <AddSubject
              onAdd={(subject) =>
                draft.subjects.includes(subject) || set({ subjects: [...draft.subjects, subject] })
              }
            />
          </fieldset>
          <fieldset>
            <legend>{say({ zh: '权限', en: 'Permission' })}</legend>
            <Chips
              of={draft.permissions}
              text={(name) => name}
              onRemove={(gone) =>
                set({ permissions: draft.permissions.filter((name) => name !== gone) })
              }
            />
            <div class="fields">
              <label>
                {say({
                  zh: '权限名，例如 report:read；* 表示所有权限',
                  en: 'A name such as report:read; * is every permission',
                })}
                <input
                  value={typed}
                  list="permission-names"
                  maxLength={64}
                  pattern="\s*([a-z0-9:._\-]+|\*)\s*"
                  autocomplete="off"
                  spellcheck={false}
                  onInput={({ currentTarget }) => setTyped(currentTarget.value)}
                />
              </label>
              <datalist id="permission-names">
                {known.map((name) => (
                  <option key={name} value={name} />
                ))}
              </datalist>
              <button type="button" class="quiet" onClick={addPermission}>
                {say({ zh: '再加一项', en: 'Add another' })}
              </button>
            </div>
          </fieldset>
        </>
      )}
      {hasTerms && (
        <div class="fields">
          <label>
            {say({ zh: '最后一天（可选，北京时间）', en: 'Last day (optional, China time)' })}
            <input
              type="date"
              min={today()}
              max="9999-12-31"
              value={until}
              onInput={({ currentTarget }) => set({ until: currentTarget.value })}
            />
          </label>
          <label>
            {say({ zh: '备注（可选）', en: 'Note (optional)' })}
            <input
              value={note}
              maxLength={200}
              autocomplete="off"
              onInput={({ currentTarget }) => set({ note: currentTarget.value })}
            />
          </label>
        </div>
      )}
      {missing && (
        <p class="notice" role="alert">
          {say(missing)}
        </p>
      )}
      <Problem of={props.problem} />
      <p class="soft">
        {count > 1 && say({ zh: `共 ${count} 条授权。`, en: `${count} grants in all.` })}
      </p>
      <button type="submit" aria-disabled={isBusy}>
        {isBusy ? say({ zh: '正在预览…', en: 'Looking …' }) : say({ zh: '预览', en: 'Preview' })}
      </button>
    </form>
  );
}

function Chips(props: {
  of: readonly string[];
  text: (value: string) => string;
  onRemove: (value: string) => void;
}) {
  if (props.of.length === 0) return null;
  return (
    <ul class="chips">
      {props.of.map((value) => (
        <li key={value}>
          {props.text(value)}
          <button
            type="button"
            aria-label={say({
              zh: `移除 ${props.text(value)}`,
              en: `Remove ${props.text(value)}`,
            })}
            onClick={() => props.onRemove(value)}
          >
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}

const KINDS: Readonly<Record<string, Words>> = {
  user: { zh: '成员', en: 'A member' },
  department: { zh: '部门', en: 'A department' },
  tag: { zh: '标签', en: 'A tag' },
  everyone: { zh: '全体成员', en: 'Everyone' },
};

function AddSubject({ onAdd }: { onAdd: (subject: string) => void }) {
  const company = useCompany();
  const [kind, setKind] = useState('user');
  const [id, setId] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const listId = useId();
  function add(): void {
    if (kind === 'everyone') onAdd('everyone');
    else if (id.trim() && field.current?.reportValidity()) {
      onAdd(`${kind}:${id.trim()}`);
      setId('');
    }
  }
  return (
    <>
      <div class="fields">
        <label>
          {say({ zh: '类型', en: 'Kind' })}
          <select
            value={kind}
            onChange={({ currentTarget }) => {
              setKind(currentTarget.value);
              setId('');
            }}
          >
            {Object.entries(KINDS).map(([value, words]) => (
              <option key={value} value={value}>
                {say(words)}
              </option>
            ))}
          </select>
        </label>
        {(kind === 'user' || kind === 'tag') && (
          <label>
            {kind === 'user'
              ? say({ zh: '账号（userid）', en: 'Userid' })
              : say({ zh: '标签 ID', en: 'Id of the tag' })}
            <input
              ref={field}
              value={id}
              maxLength={64}
              list={kind === 'user' ? listId : undefined}
              pattern={
                kind === 'user' ? '\\s*[0-9A-Za-z][0-9A-Za-z_\\-@.]*\\s*' : '\\s*[1-9][0-9]*\\s*'
              }
              autocomplete="off"
              spellcheck={false}
              onInput={({ currentTarget }) => setId(currentTarget.value)}
              onKeyDown={(event) => {
                // Enter would send the form around it.
                if (event.key !== 'Enter') return;
                event.preventDefault();
                add();
              }}
            />
          </label>
        )}
        {kind !== 'department' && (
          <button type="button" class="quiet" onClick={add}>
            {say({ zh: '添加', en: 'Add' })}
          </button>
        )}
      </div>
      {kind === 'department' && (
        <div class="picker">
          <DepartmentTree
            label={say({ zh: '选择部门', en: 'Choose departments' })}
            onSelect={(chosen) => onAdd(`department:${chosen}`)}
          />
        </div>
      )}
      <datalist id={listId}>
        {[...company.names].slice(-200).map(([userid, name]) => (
          <option key={userid} value={userid}>
            {name}
          </option>
        ))}
      </datalist>
    </>
  );
}

const CONFIRMATIONS: Readonly<Record<Confirm, Words>> = {
  'widens-everyone': {
    zh: '我确认：全体成员将得到更多权限。',
    en: 'I confirm: every member gets more than before.',
  },
  'locks-out-you': {
    zh: '我确认：之后我自己不能再管理权限。',
    en: 'I confirm: I can no longer administer permissions afterwards.',
  },
  'locks-out-everyone': {
    zh: '我确认：之后没有任何授权让人管理权限，只能由运维人员用命令恢复。',
    en: 'I confirm: no grant lets anybody administer permissions afterwards. Only the operator can restore it, with the command.',
  },
};

/** The confirmations that a preview asks for, in words. All must be ticked. */
export function Confirmations(props: {
  of: readonly Confirm[];
  accepted: ReadonlySet<Confirm>;
  onAccepted: (accepted: ReadonlySet<Confirm>) => void;
}) {
  return (
    <>
      {props.of.map((each) => (
        <label class="choice warning" key={each}>
          <input
            type="checkbox"
            checked={props.accepted.has(each)}
            onChange={({ currentTarget }) => {
              const next = new Set(props.accepted);
              if (currentTarget.checked) next.add(each);
              else next.delete(each);
              props.onAccepted(next);
            }}
          />
          <span>{say(CONFIRMATIONS[each])}</span>
        </label>
      ))}
    </>
  );
}

const UNCHANGED: Readonly<Record<string, Words>> = {
  unchanged: { zh: '已经如此，不会改变。', en: 'It is so already. Nothing changes.' },
  absent: { zh: '没有这条授权，不会改变。', en: 'There is no such grant. Nothing changes.' },
  pending: {
    zh: '成员离职或改名，授权正在处理，暂时不能修改。',
    en: 'The member left or was renamed, and the grants are being settled. They cannot be changed yet.',
  },
};

/** What one line of a preview needs to be read: from what to what, and whom it reaches. */
export function PreviewLine({ line }: { line: PreviewedChange }) {
  const subjectText = useSubjectText();
  const { members, needs, shown } = line;
  return (
    <>
      <b>{subjectText(line.subject)}</b> <span class="permission">{line.permission}</span>
      {line.outcome === 'change' ? (
        <p>
          <TermsText terms={line.before} /> <span aria-hidden="true">→</span>
          <span class="hidden">{say({ zh: '改为', en: 'becomes' })}</span>{' '}
          <TermsText terms={line.after} />
        </p>
      ) : (
        <p class="soft">{say(UNCHANGED[line.outcome] ?? { zh: '', en: '' })}</p>
      )}
      {line.outcome === 'change' && members && (
        <p class="soft">
          {members.complete
            ? say({
                zh: `涉及 ${members.count} 名成员。`,
                en: `Members concerned: ${members.count}.`,
              })
            : say({
                zh: `涉及至少 ${members.count} 名成员。`,
                en: `Members concerned: at least ${members.count}.`,
              })}
        </p>
      )}
      {line.widensEveryone && (
        <p class="notice">
          {say({ zh: '放宽全体成员的权限。', en: 'It gives every member more.' })}
        </p>
      )}
      {shown === false && (
        <p class="notice">
          {say({
            zh: '企业微信没有向本应用展示它：现在不涉及任何人。请检查应用的可见范围。',
            en: 'WeCom does not show it to this app, so it concerns nobody now. Check the visible range of the app.',
          })}
        </p>
      )}
      {needs && (
        <p class="notice">
          {say({
            zh: `你没有权限 ${needs}，因此不能做这项修改。`,
            en: `You lack the permission ${needs}, so you cannot make this change.`,
          })}
        </p>
      )}
    </>
  );
}

function Previewed(props: {
  changes: readonly Change[];
  preview: Preview;
  isBusy: boolean;
  problem: Refused | undefined;
  onBack: () => void;
  onPreview: (changes: readonly Change[]) => void;
  onConfirm: (changes: readonly Change[]) => void;
}) {
  const { changes, preview, isBusy, problem } = props;
  const [accepted, setAccepted] = useState<ReadonlySet<Confirm>>(new Set());
  const lines = new Map(preview.changes.map((line) => [keyOf(line), line]));
  const ready = changes.filter((each) => lines.get(keyOf(each))?.outcome === 'change');
  const mayNot = ready.some((each) => lines.get(keyOf(each))?.needs);
  const permitted = ready.filter((each) => !lines.get(keyOf(each))?.needs);
  const isAccepted = preview.confirm.every((each) => accepted.has(each));
  // A confirmation that the service asks for again needs a new preview.
  const isOutdated = problem?.code.startsWith('ERR_UNCONFIRMED') === true;
  return (
    <>
      <ul class="rows">
        {preview.changes.map((line) => (
          <li key={keyOf(line)}>
            <div class="what">
              <PreviewLine line={line} />
            </div>
          </li>
        ))}
      </ul>
      {preview.notChecked && (
        <p class="notice">
          {say({
            zh: `没有核对全部授权对象：${preview.notChecked.zh}。仍然可以修改。`,
            en: `Not every subject was looked up: ${preview.notChecked.en}. The change can be made all the same.`,
          })}
        </p>
      )}
      {!mayNot && ready.length > 0 && (
        <Confirmations of={preview.confirm} accepted={accepted} onAccepted={setAccepted} />
      )}
      <Problem of={problem} />
      <div class="actions">
        {mayNot && permitted.length > 0 && (
          <button type="button" aria-disabled={isBusy} onClick={() => props.onPreview(permitted)}>
            {say({ zh: '去掉不能修改的', en: 'Leave out what I cannot change' })}
          </button>
        )}
        {isOutdated && (
          <button type="button" aria-disabled={isBusy} onClick={() => props.onPreview(changes)}>
            {say({ zh: '重新预览', en: 'Preview again' })}
          </button>
        )}
        {!mayNot && !isOutdated && ready.length > 0 && (
          <button
            type="button"
            disabled={!isAccepted}
            aria-disabled={isBusy}
            onClick={() => props.onConfirm(ready)}
          >
            {isBusy
              ? say({ zh: '正在修改…', en: 'Changing …' })
              : say({ zh: `确认修改（${ready.length} 条）`, en: `Confirm (${ready.length})` })}
          </button>
        )}
        <button type="button" class="quiet" onClick={props.onBack}>
          {say({ zh: '返回修改', en: 'Back' })}
        </button>
      </div>
    </>
  );
}

export const OUTCOMES: Readonly<Record<Result['outcome'], Words>> = {
  changed: { zh: '已修改', en: 'changed' },
  unchanged: { zh: '已经如此', en: 'is so already' },
  absent: { zh: '没有这条授权', en: 'there is no such grant' },
  conflict: {
    zh: '其他管理员刚刚修改了它，未做更改。现在是：',
    en: 'another administrator has just changed it, so it was left alone. It is now:',
  },
  pending: {
    zh: '成员离职或改名，授权正在处理。请稍后再试。',
    en: 'the member left or was renamed, and the grants are being settled. Try again later.',
  },
  'too-many-tags': {
    zh: '授权最多涉及 100 个标签。',
    en: 'grants may name 100 tags at most.',
  },
  failed: { zh: '失败，请再试一次。', en: 'failed. Try again.' },
};

/**
 * @returns the change that restores what was before; nothing where there is none, as for a grant that
 *   was suspended
 */
function undoOf(pair: Pair, before: Terms | null): Change | undefined {
  const { subject, permission } = pair;
  if (before?.suspendedAt) return undefined;
  const isOver = before?.until !== undefined && Date.parse(before.until) <= Date.now();
  if (!before || isOver) return { action: 'revoke', subject, permission };
  const { effect, until, note } = before;
  const action = effect === 'allow' ? 'grant' : 'deny';
  return { action, subject, permission, ...(until && { until }), ...(note && { note }) };
}

function Done(props: {
  step: Step & { kind: 'done' };
  isBusy: boolean;
  problem: Refused | undefined;
  onPreview: (changes: readonly Change[]) => void;
  onClose: () => void;
}) {
  const { changes, preview, changed } = props.step;
  const subjectText = useSubjectText();
  const before = new Map(preview.changes.map((line) => [keyOf(line), line.before]));
  const undone = changed.results
    .filter(({ outcome }) => outcome === 'changed')
    .map((result) => undoOf(result, before.get(keyOf(result)) ?? null));
  const undo = undone.filter((each) => each !== undefined);
  const again = new Set(
    changed.results
      .filter(({ outcome }) => ['conflict', 'pending', 'failed'].includes(outcome))
      .map(keyOf),
  );
  return (
    <>
      <div role="status">
        <ul class="rows">
          {changed.results.map((result) => (
            <li key={keyOf(result)}>
              <div class="what">
                <span class={result.outcome === 'changed' ? 'badge yes' : 'badge'}>
                  {result.outcome === 'changed' ? '✓' : '–'}
                </span>{' '}
                <b>{subjectText(result.subject)}</b>{' '}
                <span class="permission">{result.permission}</span>
                <p>
                  {say(OUTCOMES[result.outcome])}{' '}
                  {['changed', 'conflict'].includes(result.outcome) && (
                    <TermsText terms={result.grant} />
                  )}
                </p>
              </div>
            </li>
          ))}
        </ul>
      </div>
      {changed.notSent > 0 && (
        <p class="notice">
          {say({
            zh: `有 ${changed.notSent} 条修改没有通知到其他系统，请告诉运维人员。`,
            en: `Other systems were not told of ${changed.notSent} changes. Tell the operator.`,
          })}
        </p>
      )}
      <p class="soft">
        {say({
          zh: '成员本人的授权立即生效，部门、标签和全体成员的在 10 秒内生效。',
          en: 'Grants of a member count at once, those of departments, tags and everyone within 10 seconds.',
        })}
      </p>
      <Problem of={props.problem} />
      <div class="actions">
        <button type="button" onClick={props.onClose}>
          {say({ zh: '完成', en: 'Done' })}
        </button>
        {again.size > 0 && (
          <button
            type="button"
            class="quiet"
            aria-disabled={props.isBusy}
            onClick={() => props.onPreview(changes.filter((each) => again.has(keyOf(each))))}
          >
            {say({ zh: '再试一次', en: 'Try again' })}
          </button>
        )}
        {undo.length > 0 && (
          <button
            type="button"
            class="quiet"
            aria-disabled={props.isBusy}
            onClick={() => props.onPreview(undo)}
          >
            {say({ zh: '撤回这次修改', en: 'Undo' })}
          </button>
        )}
      </div>
    </>
  );
}
