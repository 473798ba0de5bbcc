import { useEffect } from 'preact/hooks';
import { ask, type Line, withQuery } from './api.ts';
import { linkTo, usePages } from './hooks.ts';
import { say } from './language.ts';
import { useRevision } from './openChange.ts';
import {
  By,
  Heading,
  Loading,
  More,
  Permission,
  Problem,
  Subject,
  TermsText,
  useSubjectText,
} from './parts.tsx';
import { shownTime } from './time.ts';

/** What changed, when and by whom, the newest first: of everything, or of one subject. */
export function History({ subject }: { subject: string | undefined }) {
  const subjectText = useSubjectText();
  const revision = useRevision();
  const lines = usePages(
    async (cursor) => {
      const { history: items, next } = await ask<{ history: readonly Line[]; next?: string }>(
        withQuery('history', { subject, cursor }),
      );
      return { items, next };
    },
    [revision],
  );
  // Other administrators work too: who comes back to the page sees what they did.
  useEffect(() => {
    addEventListener('focus', lines.reload);
    return () => removeEventListener('focus', lines.reload);
  });
  const title = subject
    ? say({
        zh: `变更记录：${subjectText(subject)}`,
        en: `History of ${subjectText(subject)}`,
      })
    : say({ zh: '变更记录', en: 'History' });
  return (
    <>
      {subject && (
        <p class="back">
          <a href={linkTo('history')}>{say({ zh: '← 全部变更记录', en: '← All changes' })}</a>
        </p>
      )}
      <section class="card" aria-busy={lines.isLoading}>
        <Heading title={title}>{title}</Heading>
        <p class="soft">
          {say({
            zh: '最新的在最上面。时间为北京时间。',
            en: 'The newest first. Times are China time.',
          })}
        </p>
        <div class="actions">
          <button type="button" class="quiet" onClick={lines.reload}>
            {say({ zh: '刷新', en: 'Refresh' })}
          </button>
        </div>
        <Problem of={lines.problem} onRetry={lines.reload} />
        {lines.items.length === 0 && lines.isLoading && <Loading />}
        {lines.items.length === 0 && !lines.isLoading && !lines.problem && (
          <p class="soft">{say({ zh: '没有变更。', en: 'There are no changes.' })}</p>
        )}
        <ul class="rows">
          {lines.items.map((line) => (
            <li key={`${line.at} ${line.subject} ${line.permission}`}>
              <div class="what">
                <p class="made">
                  <time dateTime={line.at}>{shownTime(line.at)}</time>{' '}
                  {say({ zh: '由 ', en: 'by ' })}
                  <By who={line.by} />
                </p>
                <b>
                  <Subject of={line.subject} />
                </b>{' '}
                <Permission name={line.permission} />
                <p>
                  <TermsText terms={line.before} /> <span aria-hidden="true">→</span>
                  <span class="hidden">{say({ zh: '改为', en: 'became' })}</span>{' '}
                  <TermsText terms={line.after} />
                </p>
                {line.cause && <p class="soft">{say(line.cause)}</p>}
              </div>
            </li>
          ))}
        </ul>
        {lines.hasMore && <More isLoading={lines.isLoading} onMore={lines.more} />}
      </section>
    </>
  );
}
