import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { type Company, departmentName, departmentPath, useCompany } from './company.ts';
import { say } from './language.ts';

interface Row {
  readonly id: number;
  readonly level: number;
  readonly position: number;
  readonly size: number;
  /** Absent: nothing is below it. */
  readonly isOpen?: boolean;
  /** The row that shows the next departments below this one. */
  readonly moreOf?: number;
}

/** Departments of one parent that are drawn before a click draws as many more. */
const DRAWN = 200;
const MAX_FOUND = 50;

/** The rows of the opened departments, in order. */
function rowsOf(company: Company, opened: ReadonlySet<number>, drawn: ReadonlyMap<number, number>) {
  const rows: Row[] = [];
  const add = (parent: number, level: number) => {
    const ids = company.below.get(parent) ?? [];
    const limit = drawn.get(parent) ?? DRAWN;
    for (const [at, id] of ids.slice(0, limit).entries()) {
      const row = { id, level, position: at + 1, size: ids.length };
      if (!company.below.has(id)) {
        rows.push(row);
        continue;
      }
      const isOpen = opened.has(id);
      rows.push({ ...row, isOpen });
      if (isOpen) add(id, level + 1);
    }
    if (ids.length > limit) {
      rows.push({ id: -parent, level, position: limit + 1, size: ids.length, moreOf: parent });
    }
  };
  add(0, 1);
  return rows;
}

/** The departments above one, to be open when it is shown. */
function above({ departments }: Company, id: number | undefined): number[] {
  const ids: number[] = [];
  for (let at = departments.get(id ?? 0)?.parentId; at && !ids.includes(at); ) {
    ids.push(at);
    at = departments.get(at)?.parentId;
  }
  return ids;
}

/**
 * The departments as an ARIA tree. Only those below opened ones are drawn. Arrow keys, Home and End move;
 * Enter and Space choose.
 */
export function DepartmentTree(props: {
  label: string;
  selected?: number | undefined;
  onSelect: (id: number) => void;
}) {
  const { label, selected, onSelect } = props;
  const company = useCompany();
  const tops = company.below.get(0) ?? [];
  const [opened, setOpened] = useState<ReadonlySet<number>>(
    () => new Set([...tops.slice(0, 1), ...above(company, selected)]),
  );
  const [drawn, setDrawn] = useState<ReadonlyMap<number, number>>(new Map());
  const [active, setActive] = useState<number>();
  const [sought, setSought] = useState('');
  const tree = useRef<HTMLDivElement>(null);
  const searchId = useId();

  useEffect(() => {
    setOpened((was) => new Set([...was, ...above(company, selected)]));
  }, [selected]);

  const rows = sought.trim() ? found(company, sought.trim()) : rowsOf(company, opened, drawn);
  const tabStop = rows.find(({ id }) => id === (active ?? selected))?.id ?? rows[0]?.id;

  function toggle(id: number): void {
    const next = new Set(opened);
    if (!next.delete(id)) next.add(id);
    setOpened(next);
  }
  function choose(row: Row): void {
    if (row.moreOf === undefined) onSelect(row.id);
    else setDrawn(new Map(drawn).set(row.moreOf, (drawn.get(row.moreOf) ?? DRAWN) + DRAWN));
  }
  function focus(row: Row | undefined): void {
    if (!row) return;
    setActive(row.id);
    tree.current?.querySelector<HTMLElement>(`[data-id="${row.id}"]`)?.focus();
  }
  function onKeyDown(event: KeyboardEvent): void {
    const at = rows.findIndex(({ id }) => id === tabStop);
    const row = rows[at];
    if (!row || event.altKey || event.ctrlKey || event.metaKey) return;
    const keys: Record<string, () => void> = {
      ArrowDown: () => focus(rows[at + 1]),
      ArrowUp: () => focus(rows[at - 1]),
      Home: () => focus(rows[0]),
      End: () => focus(rows.at(-1)),
      ArrowRight: () => (row.isOpen === false ? toggle(row.id) : focus(rows[at + 1])),
      ArrowLeft: () =>
        row.isOpen
          ? toggle(row.id)
          : focus(rows.slice(0, at).findLast(({ level }) => level < row.level)),
      Enter: () => choose(row),
      ' ': () => choose(row),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  return (
    <>
      <label for={searchId}>{say({ zh: '按部门名称查找', en: 'Find a department by name' })}</label>
      <input
        id={searchId}
        type="search"
        autocomplete="off"
        value={sought}
        onInput={({ currentTarget }) => setSought(currentTarget.value)}
      />
      {rows.length === 0 ? (
        <p class="soft" role="status">
          {sought
            ? say({ zh: '没有找到。', en: 'Nothing was found.' })
            : say({
                zh: '企业微信没有向本应用展示任何部门。',
                en: 'WeCom shows no department to this app.',
              })}
        </p>
      ) : (
        <div ref={tree} class="tree" role="tree" aria-label={label} onKeyDown={onKeyDown}>
          {rows.map((row) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the tree handles the keys
            <div
              key={row.id}
              role="treeitem"
              data-id={row.id}
              data-level={Math.min(row.level, 12)}
              aria-level={row.level}
              aria-posinset={row.position}
              aria-setsize={row.size}
              aria-expanded={row.isOpen}
              aria-selected={row.id === selected}
              tabIndex={row.id === tabStop ? 0 : -1}
              onFocus={() => setActive(row.id)}
              onClick={() => choose(row)}
            >
              <span
                class="toggle"
                aria-hidden="true"
                onClick={(event) => {
                  if (row.isOpen === undefined) return;
                  event.stopPropagation();
                  toggle(row.id);
                }}
              >
                {row.isOpen === undefined ? '' : row.isOpen ? '▾' : '▸'}
              </span>
              <span class="label">{labelOf(company, row, sought)}</span>
            </div>
          ))}
        </div>
      )}
    </>
  );
}

function found(company: Company, sought: string): Row[] {
  const text = sought.toLowerCase();
  const ids: number[] = [];
  for (const { id, name } of company.departments.values()) {
    if (name.toLowerCase().includes(text) || String(id) === text) ids.push(id);
    if (ids.length === MAX_FOUND) break;
  }
  return ids.map((id, at) => ({ id, level: 1, position: at + 1, size: ids.length }));
}

function labelOf(company: Company, row: Row, sought: string): string {
  if (row.moreOf !== undefined) return say({ zh: '显示更多部门', en: 'Show more departments' });
  return sought.trim() ? departmentPath(company, row.id) : departmentName(company, row.id);
}
