/** A change that cannot be made, with the reason in both languages. */
export class Impossible extends Error {
  override readonly name = 'Impossible';
  readonly zh: string;

  constructor(en: string, zh: string) {
    super(en);
    this.zh = zh;
  }
}

const NAMES = { member: '成员', department: '部门', tag: '标签', app: '应用' } as const;

/** @returns what was found. @throws Impossible if nothing was */
export function existing<T>(
  found: T | undefined,
  kind: keyof typeof NAMES,
  id: string | number,
): T {
  if (found !== undefined) return found;
  throw new Impossible(`there is no ${kind} ${id}`, `没有${NAMES[kind]} ${id}`);
}
