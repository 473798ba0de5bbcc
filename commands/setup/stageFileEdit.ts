import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isScalar, parseDocument } from 'yaml';
import { stageFile } from '../deployment/stageFile.ts';

/** What an answer sets in a stage's file. */
export type StageAnswers = Readonly<Record<string, string | readonly string[]>>;

/** A stage without a file begins as a copy of prod's. @returns whether one was made */
export function ensureStageFile(stage: string): boolean {
  if (existsSync(stageFile(stage))) return false;
  copyFileSync(stageFile('prod'), stageFile(stage));
  return true;
}

/**
 * Puts the answers into the stage's file, comments and all else left as they are.
 *
 * @returns whether anything changed; a file in which nothing does is not written
 */
export function editStageFile(stage: string, answers: StageAnswers): boolean {
  const file = stageFile(stage);
  const document = parseDocument(readFileSync(file, 'utf8'));
  let changed = false;
  for (const [name, answer] of Object.entries(answers)) {
    const before: unknown = document.toJS()[name];
    if (JSON.stringify(before ?? '') === JSON.stringify(answer)) continue;
    const node = document.get(name, true);
    // In its own style: a folded list of addresses stays one.
    if (isScalar(node) && typeof answer === 'string') node.value = answer;
    else document.set(name, document.createNode(answer));
    changed = true;
  }
  if (changed) writeFileSync(file, document.toString({ lineWidth: 0 }));
  return changed;
}
