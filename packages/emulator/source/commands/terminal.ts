const ESCAPE = '\u001b[';

/** Colours only a terminal, by hand: styleText of Node 20 would colour a file as well. */
const coloured = (code: number, text: string) =>
  process.stdout.isTTY && !process.env['NO_COLOR'] ? `${ESCAPE}${code}m${text}${ESCAPE}0m` : text;

/** Prints to the terminal. */
export const terminal = {
  heading: (text: string) => console.log(coloured(1, text)),
  line: (name: string, text: string) =>
    console.log(`  ${coloured(36, name)}${gapAfter(name)}${text}`),
  command: (text: string) => console.log(`  ${coloured(32, text)}`),
  text: (text = '') => console.log(text),
};

/** The spaces between a name and the text in the next column. A Chinese character takes two columns. */
export function gapAfter(name: string): string {
  const columns = [...name].reduce((sum, each) => sum + (each > '\u2e80' ? 2 : 1), 0);
  return ' '.repeat(Math.max(1, 13 - columns));
}
