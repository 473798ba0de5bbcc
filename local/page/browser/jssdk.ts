/** What `jssdk` answers, as far as this page reads it. */
interface Signatures {
  readonly config: Signature;
  readonly agentConfig: Signature & { readonly corpid: string; readonly agentid: string };
}

interface Signature {
  readonly timestamp: number;
  readonly nonceStr: string;
  readonly signature: string;
}

export interface SignedPage {
  readonly url: string;
  readonly signature: string;
  /** What WeCom's client answered to a call; absent in other browsers, where a call is never answered. */
  readonly answer?: string;
}

/**
 * Signs this page for the JS-SDK and makes a call, as a page inside WeCom does.
 *
 * @throws Error if the API refuses the page, or WeCom the signature
 */
export async function signPage(api: string, send: typeof fetch): Promise<SignedPage> {
  const ww = await import('@wecom/jssdk');
  const sign = async (url: string): Promise<Signatures> => {
    const response = await send(`${api}/api/wecom/jssdk?${new URLSearchParams({ url })}`);
    const { data, message } = await response.json();
    if (!response.ok) throw new Error(message);
    return data;
  };
  const [url = ''] = location.href.split('#');
  const signed = await sign(url);
  const { corpid, agentid, signature } = signed.agentConfig;
  ww.register({
    corpId: corpid,
    agentId: agentid,
    jsApiList: ['getContext'],
    getAgentConfigSignature: async (page) => (page === url ? signed : await sign(page)).agentConfig,
  });
  if (!ww.env.isWeCom) return { url, signature };
  const { errMsg } = await ww.getContext();
  return { url, signature, answer: errMsg };
}
