/** By the last part of their path; the page itself under ''. */
export type ConsoleFiles = Readonly<
  Record<string, { readonly type: string; readonly body: string }>
>;

export function buildConsole(): Promise<ConsoleFiles>;
