/** What the processes of the experiment are told by their environment. */
export interface Settings {
  readonly corpId: string;
  readonly agentId: string;
  readonly wecomUrl: string;
  readonly table: string;
  readonly secretParameter: string;
  /** For the plain cache, which has no SSM. */
  readonly secret: string;
}

export function settings(): Settings {
  return JSON.parse(process.env['TOKEN_EXPERIMENT'] ?? '{}');
}
