import { readCursor, writeCursor } from '../../../lib/administration/cursor.ts';
import { InvalidInput } from '../../../lib/administration/invalidInput.ts';
import { formatUntil, parseUntil } from '../../../lib/administration/until.ts';
import { isPermissionName } from '../../../lib/permissions/permissionName.ts';
import {
  parseSubject,
  parseSubjectKey,
  subjectKey,
  subjectText,
} from '../../../lib/permissions/subject.ts';
import { foldUserid, isSameUserid, isUserid } from '../../../lib/wecom/userid.ts';
import { must, refusedBy, type Target } from '../target.ts';

/* Names that become keys: one text for each thing, and no separator of keys in any. */

export default {
  seeds: [
    'user:ZhangSan',
    'user:Feng-Er_01@yunfan.example',
    'department:2',
    'tag:4294967295',
    'everyone',
    'member#user123',
    'app:read.all',
    '2030-01-31',
    '2030-01-31T18:00+08:00',
    writeCursor({ pk: 'ww1#member#a', sk: 'grant#p' }),
  ],
  run(input) {
    const text = input.toString();
    if (isUserid(text)) {
      must(!/[#/\s]/.test(text) && text.length <= 64, 'a userid that breaks a key');
      must(isSameUserid(text, foldUserid(text)), 'a userid that differs when it is folded');
    }
    must(!isPermissionName(text) || !/[#*\s]/.test(text), 'a permission that breaks a key');
    const subject = parseSubject(text);
    if (subject !== undefined) {
      must(subjectText(subject) === text.toLowerCase(), 'two texts for one subject');
      const same = parseSubjectKey(subjectKey(subject));
      must(JSON.stringify(same) === JSON.stringify(subject), 'a key that is read as another');
    }
    const until = parseUntil(text);
    if (until !== undefined) must(parseUntil(formatUntil(until)) === until, 'another end');
    const key = refusedBy([InvalidInput], () => readCursor(text, 'ww1', () => true));
    must(key === undefined || key.pk.startsWith('ww1#'), 'a cursor of another corp');
  },
} satisfies Target;
