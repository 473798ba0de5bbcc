import { styleText } from 'node:util';

/** Prints to the terminal. styleText omits colours if the output is not a terminal. */
export const terminal = {
  heading: (text: string) => console.log(styleText('bold', text)),
  line: (name: string, text: string) =>
    console.log(
      `  ${styleText('cyan', name)}${' '.repeat(Math.max(1, 13 - columns(name)))}${text}`,
    ),
  command: (text: string) => console.log(`  ${styleText('green', text)}`),
  text: (text = '') => console.log(text),
  note: (text: string) => console.log(styleText('dim', text)),
  problem: (text: string) => console.error(styleText('red', text)),
};

/** A Chinese character takes two columns. */
const columns = (text: string) =>
  [...text].reduce((sum, each) => sum + (each > '\u2e80' ? 2 : 1), 0);
