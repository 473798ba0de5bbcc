/** A group that an app created. */
export interface AppChat {
  agentid: number;
  chatid: string;
  name: string;
  owner: string;
  userlist: string[];
}
