import type { Emulator } from '../api/endpoint.ts';
import type { App, Member, Visitor } from '../directory/types.ts';
import { type Html, words } from './html.ts';
import type { Words } from './language.ts';

/** The person who opens a page. */
export type Person = { member: Member } | { visitor: Visitor };

/** The value of the form's `who`: a userid, or `visitor:<id>`, which no userid can look like. */
export function whoOf(person: Person): string {
  return 'member' in person ? person.member.userid : `visitor:${person.visitor.id}`;
}

export function personOf(emulator: Emulator, who: string): Person | undefined {
  if (who.startsWith('visitor:')) {
    const visitor = emulator.company.visitors.find(({ id }) => id === who.slice('visitor:'.length));
    return visitor && { visitor };
  }
  const member = emulator.directory.member(who);
  return member && { member };
}

/** Why this person cannot sign in to WeCom at all. */
export function barred(person: Person): Words | undefined {
  if ('visitor' in person) return undefined;
  const { status } = person.member;
  if (status === 2) return { zh: '账号已禁用', en: 'The account is disabled' };
  if (status === 4) return { zh: '账号未激活', en: 'The account is not activated' };
  return status === 5 ? { zh: '已退出企业', en: 'Has left the company' } : undefined;
}

export function isOutOfRange(emulator: Emulator, app: App | undefined, person: Person): boolean {
  return (
    app !== undefined && 'member' in person && !emulator.directory.isVisible(app, person.member)
  );
}

/** One line on the person: position and department, or what kind of visitor. */
export function described(emulator: Emulator, person: Person): Html | string {
  if ('visitor' in person) return noteOf(person.visitor) ?? person.visitor.kind;
  const { position, main_department } = person.member;
  const department = emulator.directory.department(main_department);
  const place = department?.name ?? department?.name_en ?? String(main_department);
  return [position, place].filter((text) => text !== '').join(' · ');
}

/** The remark about a person. */
export function noteOf({
  note,
  note_en,
}: Pick<Member | Visitor, 'note' | 'note_en'>): Html | undefined {
  return note === undefined ? undefined : words(note, note_en ?? note);
}
