import { plan } from '../../lib/administration/grantChanges.ts';
import { showSubject, termsJson } from '../../lib/administration/grantJson.ts';
import type { GrantRequest } from '../../lib/administration/grantRequest.ts';
import { widensToEveryone } from '../../lib/administration/widening.ts';
import type { Change, GrantStore } from '../../lib/permissions/grantStore.ts';
import { EXIT, ExitError } from '../administration/exit.ts';
import { table } from '../administration/output.ts';
import { showTerms } from './show.ts';
import { warnOfUnseen } from './shown.ts';
import type { Work } from './work.ts';

/** Changes at a time. */
const AT_ONCE = 10;
const MAX_SHOWN = 20;

/**
 * Writes the grants that differ from the stored ones. Asks first if a change gives everyone more. With
 * `--dry-run` it only shows the changes.
 *
 * @throws ExitError
 */
export async function change(requests: readonly GrantRequest[], work: Work): Promise<void> {
  const { options, print, store } = work;
  const changes = await planned(requests, store);
  const unchanged = requests.length - changes.length;
  const made = changes.filter(({ after }) => after !== undefined);
  await warnOfUnseen(
    made.map(({ subject }) => subject),
    work,
  );

  const widening = changes.filter((each) => widensToEveryone(each, work.now));
  if (options.dryRun || (widening.length > 0 && !options.yes)) {
    const shown = options.dryRun ? changes : widening;
    if (!options.json && shown.length > 0) print(changeTable(shown, work));
  }
  if (options.dryRun) return report(changes, unchanged, work, 'planned');
  if (widening.length > 0 && !options.yes) await confirmed(work);

  await done(changes, work);
  report(changes, unchanged, work, 'changed');
}

/** @throws ExitError */
async function planned(requests: readonly GrantRequest[], store: GrantStore): Promise<Change[]> {
  const planned = await plan(requests, store);
  const absent = planned.find(({ outcome }) => outcome === 'absent');
  if (absent !== undefined) {
    throw new ExitError(EXIT.no, {
      zh: `没有这条授权：${showSubject(absent.subject)} ${absent.permission}`,
      en: `There is no such grant: ${showSubject(absent.subject)} ${absent.permission}`,
    });
  }
  return planned.filter(({ outcome }) => outcome === 'change');
}

async function confirmed({ confirm, say }: Work): Promise<void> {
  const question = say({
    zh: '这会放宽全体成员的权限。确定吗？',
    en: 'This gives every member more permissions. Continue?',
  });
  if (confirm === undefined) {
    throw new ExitError(EXIT.unconfirmed, {
      zh: '这会放宽全体成员的权限：请加 --yes 确认。什么都没有改变。',
      en: 'This gives every member more permissions. Confirm with --yes. Nothing was changed.',
    });
  }
  if (!(await confirm(question))) {
    throw new ExitError(EXIT.unconfirmed, { zh: '什么都没有改变。', en: 'Nothing was changed.' });
  }
}

async function done(changes: readonly Change[], { store, commandLine }: Work): Promise<void> {
  for (let from = 0; from < changes.length; from += AT_ONCE) {
    const some = changes.slice(from, from + AT_ONCE);
    const outcomes = await Promise.all(some.map((each) => store.change(each)));
    const failed = outcomes.findIndex((outcome) => outcome !== 'done');
    const { subject, permission } = some[failed] ?? {};
    if (subject === undefined) continue;
    const before = from + outcomes.filter((outcome) => outcome === 'done').length;
    const name = `${showSubject(subject)} ${permission}`;
    if (outcomes[failed] === 'too-many-tags') {
      throw new ExitError(EXIT.failed, {
        zh: `${name}：授权所用的标签不能超过 100 个。已完成 ${before} 项。`,
        en: `${name}: grants may name at most 100 tags. ${before} changes were made.`,
      });
    }
    if (outcomes[failed] === 'pending') {
      const settle = commandLine(`permissions -- settle ${showSubject(subject)}`);
      throw new ExitError(EXIT.conflict, {
        zh: `${showSubject(subject)}：该成员离职或更名后的授权尚在处理，请稍后重新运行；若一直如此，运行 ${settle}。已完成 ${before} 项。`,
        en: `${showSubject(subject)}: the member was deleted or renamed, and the grants are being settled. Run the command again in a moment. If this stays so: ${settle}. ${before} changes were made.`,
      });
    }
    throw new ExitError(EXIT.conflict, {
      zh: `${name}：有人同时改了这条授权，请重新运行。已完成 ${before} 项。`,
      en: `${name}: somebody else changed this grant at the same time. Run the command again. ${before} changes were made.`,
    });
  }
}

function changeTable(changes: readonly Change[], { say }: Work): string {
  const head = [
    say({ zh: '授权对象', en: 'subject' }),
    say({ zh: '权限', en: 'permission' }),
    say({ zh: '现在', en: 'now' }),
    say({ zh: '改为', en: 'new' }),
  ];
  const rows = changes
    .slice(0, MAX_SHOWN)
    .map(({ subject, permission, before, after }) => [
      showSubject(subject),
      permission,
      showTerms(before, say),
      showTerms(after, say),
    ]);
  const more = changes.length - rows.length;
  return more > 0
    ? `${table(head, rows)}\n${say({ zh: `……另有 ${more} 项`, en: `… and ${more} more` })}`
    : table(head, rows);
}

function report(
  changes: readonly Change[],
  unchanged: number,
  work: Work,
  what: 'planned' | 'changed',
): void {
  const { options, say, print } = work;
  if (options.json) {
    const listed = changes.map(({ subject, permission, before, after }) => ({
      subject: showSubject(subject),
      permission,
      before: termsJson(before),
      after: termsJson(after),
    }));
    print(JSON.stringify({ [what]: listed, unchanged }, null, 2));
    return;
  }
  if (what === 'changed' && changes.length > 0) print(changeTable(changes, work));
  const count = changes.length;
  const sentence =
    what === 'planned'
      ? { zh: `将改变 ${count} 项`, en: `${count} would change` }
      : { zh: `已改变 ${count} 项`, en: `${count} changed` };
  const rest = { zh: `，${unchanged} 项无需改变`, en: `, ${unchanged} unchanged` };
  print(say(sentence) + (unchanged > 0 ? say(rest) : '') + say({ zh: '。', en: '.' }));
}
