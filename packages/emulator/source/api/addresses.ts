import type { Endpoint } from './endpoint.ts';

/** GET getcallbackip (document 92521): where pushes come from. Any token. */
export const getCallbackIp = addressList('getcallbackip', 92521, 'callback_ips');

/** GET get_api_domain_ip (document 92520): what the API's host resolves to. Any token. */
export const getApiDomainIp = addressList('get_api_domain_ip', 92520, 'api_domain_ips');

function addressList(
  path: string,
  document: number,
  list: 'callback_ips' | 'api_domain_ips',
): Endpoint {
  return {
    path,
    document,
    method: 'GET',
    token: true,
    empty: { ip_list: [] },
    errcodeLast: true,
    answer: ({ company }) => ({ ip_list: company[list] }),
  };
}
