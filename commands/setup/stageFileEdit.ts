import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isScalar, parseDocument } from 'yaml';
import { notCopiedFromProd, stageFile } from '../deployment/stageFile.ts';

/** Parameters to set in a stage's file. */
export type StageAnswers = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/**
 * Copies prod's file for a stage that has none, without what can belong to one stage only.
 *
 * @returns whether it was copied
 */
export function ensureStageFile(stage: string): boolean {
  if (existsSync(stageFile(stage))) return false;
  const document = parseDocument(readFileSync(stageFile('prod'), 'utf8'));
  for (const name of notCopiedFromProd()) document.delete(name);
  writeFileSync(stageFile(stage), document.toString({ lineWidth: 0 }));
  return true;
}

/**
 * Sets parameters in the stage's file and keeps its comments and layout.
 *
 * @returns whether anything changed; an unchanged file is not written
 */
export function editStageFile(stage: string, answers: StageAnswers): boolean {
  const file = stageFile(stage);
  const document = parseDocument(readFileSync(file, 'utf8'));
  let changed = false;
  for (const [name, answer] of Object.entries(answers)) {
    const before: unknown = document.toJS()[name];
    if (JSON.stringify(before ?? '') === JSON.stringify(answer)) continue;
    const node = document.get(name, true);
    // Keeps the node's style: a folded list of URLs stays folded.
    if (isScalar(node) && !Array.isArray(answer)) node.value = answer;
    else document.set(name, document.createNode(answer));
    changed = true;
  }
  if (changed) writeFileSync(file, document.toString({ lineWidth: 0 }));
  return changed;
}
