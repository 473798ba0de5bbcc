import { useState } from 'preact/hooks';
import {
  ask,
  type Change,
  type Changed,
  type Confirm,
  type LineProblem,
  type Preview,
  type PreviewedChange,
  post,
  type Result,
  withQuery,
} from './api.ts';
import { Confirmations, MAX_CHANGES, OUTCOMES, PreviewLine } from './change.tsx';
import { useAction } from './hooks.ts';
import { say } from './language.ts';
import { Heading, More, Problem, useSubjectText } from './parts.tsx';
import { today } from './time.ts';

type FileChange = Change & { readonly line: number };

/** A file that was read and previewed, and what was done of it so far. */
interface Import {
  readonly name: string;
  readonly problems: readonly LineProblem[];
  /** Those that change something. */
  readonly changes: readonly FileChange[];
  readonly lines: readonly PreviewedChange[];
  readonly unchanged: number;
  /** Of members who left or were renamed just now: they cannot be changed yet. */
  readonly pending: readonly PreviewedChange[];
  readonly confirm: readonly Confirm[];
  readonly results: readonly Result[];
}

/** Of one request. */
const MAX_BYTES = 1_000_000;
/** Lines that are drawn before a click draws as many more. */
const DRAWN = 100;

export function ImportExport({ onChanged }: { onChanged: () => void }) {
  const title = say({ zh: '导入与导出', en: 'Import and export' });
  return (
    <>
      <section class="card">
        <Heading title={title}>{title}</Heading>
        <Export />
      </section>
      <section class="card">
        <h2>{say({ zh: '导入', en: 'Import' })}</h2>
        <ImportFile onChanged={onChanged} />
      </section>
    </>
  );
}

function Export() {
  const action = useAction();
  const download = () =>
    action.run(async () => {
      const parts: string[] = [];
      for (let cursor: string | undefined, isFirst = true; isFirst || cursor; isFirst = false) {
        const part: { csv: string; next?: string } = await ask(withQuery('grants/csv', { cursor }));
        parts.push(part.csv);
        cursor = part.next;
      }
      // Without the mark Excel takes the file for another encoding.
      const url = URL.createObjectURL(new Blob(['\uFEFF', ...parts], { type: 'text/csv' }));
      const link = document.createElement('a');
      link.href = url;
      link.download = `grants-${today()}.csv`;
      link.click();
      URL.revokeObjectURL(url);
    });
  return (
    <>
      <p>
        {say({
          zh: '下载所有有效授权，格式与导入相同，可用 Excel 打开。已停用和已过期的不在其中。',
          en: 'Download all grants that count, in the form of the import. A spreadsheet opens it. Suspended and expired ones are left out.',
        })}
      </p>
      <Problem of={action.problem} />
      <button type="button" aria-disabled={action.isBusy} onClick={() => void download()}>
        {action.isBusy
          ? say({ zh: '正在导出…', en: 'Exporting …' })
          : say({ zh: '导出 CSV', en: 'Export CSV' })}
      </button>
    </>
  );
}

/** Excel on a Chinese Windows saves CSV as GBK. */
async function textOf(file: File): Promise<string> {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030').decode(bytes);
  }
}

function* inChunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += MAX_CHANGES) yield items.slice(at, at + MAX_CHANGES);
}

function ImportFile({ onChanged }: { onChanged: () => void }) {
  const [read, setRead] = useState<Import>();
  const [accepted, setAccepted] = useState<ReadonlySet<Confirm>>(new Set());
  const [progress, setProgress] = useState('');
  const [isTooBig, setTooBig] = useState(false);
  const action = useAction();

  const work = (run: () => Promise<void>) => action.run(run).then(() => setProgress(''));

  const open = (file: File) =>
    work(async () => {
      setRead(undefined);
      setAccepted(new Set());
      setTooBig(file.size > MAX_BYTES);
      if (file.size > MAX_BYTES) return;
      const csv = await textOf(file);
      const { changes, problems } = await post<{
        changes: readonly FileChange[];
        problems: readonly LineProblem[];
      }>('grants/csv', { csv });
      const lines: PreviewedChange[] = [];
      const confirm = new Set<Confirm>();
      if (problems.length === 0) {
        for (const chunk of inChunks(changes)) {
          setProgress(
            say({
              zh: `正在预览 ${lines.length} / ${changes.length}…`,
              en: `Previewing ${lines.length} of ${changes.length} …`,
            }),
          );
          const preview = await post<Preview>('grants/preview', { changes: chunk });
          lines.push(...preview.changes);
          for (const each of preview.confirm) confirm.add(each);
        }
      }
      const isChange = (_: unknown, at: number) => lines[at]?.outcome === 'change';
      setRead({
        name: file.name,
        problems,
        changes: changes.filter(isChange),
        lines: lines.filter(isChange),
        unchanged: lines.filter(({ outcome }) => ['unchanged', 'absent'].includes(outcome)).length,
        pending: lines.filter(({ outcome }) => outcome === 'pending'),
        confirm: [...confirm],
        results: [],
      });
    });

  const confirm = (from: Import) =>
    work(async () => {
      let current = from;
      const left = from.changes.slice(from.results.length);
      const versions = from.lines.slice(from.results.length);
      let at = 0;
      for (const chunk of inChunks(left)) {
        setProgress(
          say({
            zh: `正在导入 ${current.results.length} / ${from.changes.length}…`,
            en: `Importing ${current.results.length} of ${from.changes.length} …`,
          }),
        );
        const start = at;
        at += chunk.length;
        const { results } = await post<Changed>('grants', {
          changes: chunk.map((change, index) => ({
            ...change,
            version: versions[start + index]?.version ?? null,
          })),
          accept: from.confirm,
        });
        current = { ...current, results: [...current.results, ...results] };
        setRead(current);
      }
      onChanged();
    });

  const needs = read?.lines.find((line) => line.needs)?.needs;
  const isAccepted = read?.confirm.every((each) => accepted.has(each)) === true;
  const isDone = read !== undefined && read.results.length === read.changes.length;
  return (
    <>
      <p>
        {say({
          zh: 'CSV 文件，第一行为 subject,permission,effect,until,note。任何一行有误，都会列出且不做任何更改；文件中没有的授权保持不变。',
          en: 'A CSV file whose first line is subject,permission,effect,until,note. If a line is wrong, every wrong line is listed and nothing changes. Grants that are not in the file stay.',
        })}
      </p>
      <label>
        {say({ zh: '选择文件', en: 'Choose a file' })}
        <input
          type="file"
          accept=".csv,text/csv"
          disabled={action.isBusy}
          onChange={({ currentTarget }) => {
            const file = currentTarget.files?.[0];
            if (file) void open(file);
            // The same file can be chosen again after it was mended.
            currentTarget.value = '';
          }}
        />
      </label>
      <p role="status">{progress}</p>
      {isTooBig && (
        <p class="notice" role="alert">
          {say({
            zh: '文件超过 1 MB。请拆成几个文件，或使用命令导入。',
            en: 'The file is larger than 1 MB. Split it, or use the command.',
          })}
        </p>
      )}
      <Problem of={action.problem} />
      {read && read.problems.length > 0 && <WrongLines of={read.problems} name={read.name} />}
      {read && read.problems.length === 0 && (
        <>
          <h3>{read.name}</h3>
          <p role="status">
            {read.results.length > 0
              ? summary(read.results)
              : say({
                  zh: `${read.changes.length} 条将会改变，${read.unchanged} 条不变。`,
                  en: `${read.changes.length} grants change, ${read.unchanged} stay.`,
                })}
          </p>
          {read.results.length === 0 ? (
            <Lines of={[...read.pending, ...read.lines]} />
          ) : (
            <Failures of={read.results} />
          )}
          {needs && (
            <p class="notice" role="alert">
              {say({
                zh: `你没有权限 ${needs}，不能导入这个文件。请去掉相应的行。`,
                en: `You lack the permission ${needs}, so you cannot import this file. Remove those lines.`,
              })}
            </p>
          )}
          {!needs && !isDone && (
            <>
              <Confirmations of={read.confirm} accepted={accepted} onAccepted={setAccepted} />
              <button
                type="button"
                disabled={!isAccepted}
                aria-disabled={action.isBusy}
                onClick={() => void confirm(read)}
              >
                {read.results.length > 0
                  ? say({ zh: '继续导入', en: 'Continue' })
                  : say({
                      zh: `确认导入（${read.changes.length} 条）`,
                      en: `Confirm the import (${read.changes.length})`,
                    })}
              </button>
            </>
          )}
        </>
      )}
    </>
  );
}

function summary(results: readonly Result[]): string {
  const changed = results.filter(({ outcome }) => outcome === 'changed').length;
  const rest = results.length - changed;
  return rest === 0
    ? say({ zh: `已导入 ${changed} 条。`, en: `${changed} grants were imported.` })
    : say({
        zh: `已导入 ${changed} 条，${rest} 条没有修改，见下。再次选择文件即可重试。`,
        en: `${changed} grants were imported. ${rest} were not changed, see below. Choose the file again to repeat.`,
      });
}

function WrongLines({ of, name }: { of: readonly LineProblem[]; name: string }) {
  const [drawn, setDrawn] = useState(DRAWN);
  return (
    <div class="refusal" role="alert">
      <b>
        {say({
          zh: `${name} 有 ${of.length} 处错误，未做任何更改。请修改后重新选择文件。`,
          en: `${name} has ${of.length} errors. Nothing was changed. Mend them and choose the file again.`,
        })}
      </b>
      <ul>
        {of.slice(0, drawn).map((problem) => (
          <li>
            {problem.line !== undefined &&
              say({ zh: `第 ${problem.line} 行：`, en: `Line ${problem.line}: ` })}
            {say(problem)}
          </li>
        ))}
      </ul>
      {of.length > drawn && <More isLoading={false} onMore={() => setDrawn(drawn + DRAWN)} />}
    </div>
  );
}

function Lines({ of }: { of: readonly PreviewedChange[] }) {
  const [drawn, setDrawn] = useState(DRAWN);
  return (
    <>
      <ul class="rows">
        {of.slice(0, drawn).map((line) => (
          <li key={`${line.subject} ${line.permission}`}>
            <div class="what">
              <PreviewLine line={line} />
            </div>
          </li>
        ))}
      </ul>
      {of.length > drawn && <More isLoading={false} onMore={() => setDrawn(drawn + DRAWN)} />}
    </>
  );
}

function Failures({ of }: { of: readonly Result[] }) {
  const subjectText = useSubjectText();
  const failed = of.filter(({ outcome }) => outcome !== 'changed');
  return (
    <ul class="rows">
      {failed.slice(0, DRAWN).map(({ subject, permission, outcome }) => (
        <li key={`${subject} ${permission}`}>
          <div class="what">
            <b>{subjectText(subject)}</b> <span class="permission">{permission}</span>
            <p>{say(OUTCOMES[outcome])}</p>
          </div>
        </li>
      ))}
    </ul>
  );
}
