import { styleText } from 'node:util';
import { gapAfter } from '../packages/emulator/source/commands/terminal.ts';

/** Prints to the terminal. styleText omits colours if the output is not a terminal. */
export const terminal = {
  heading: (text: string) => console.log(styleText('bold', text)),
  line: (name: string, text: string) =>
    console.log(`  ${styleText('cyan', name)}${gapAfter(name)}${text}`),
  command: (text: string) => console.log(`  ${styleText('green', text)}`),
  text: (text = '') => console.log(text),
  note: (text: string) => console.log(styleText('dim', text)),
  problem: (text: string) => console.error(styleText('red', text)),
};
