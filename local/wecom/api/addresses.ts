import type { Endpoint } from './endpoint.ts';

/** GET getcallbackip (document 92521): where pushes come from. Any token. */
export const getCallbackIp: Endpoint = {
  path: 'getcallbackip',
  method: 'GET',
  token: true,
  empty: { ip_list: [] },
  errcodeLast: true,
  answer: ({ company }) => ({ ip_list: company.callback_ips }),
};

/** GET get_api_domain_ip (document 92520): what the API's host resolves to. Any token. */
export const getApiDomainIp: Endpoint = {
  path: 'get_api_domain_ip',
  method: 'GET',
  token: true,
  empty: { ip_list: [] },
  errcodeLast: true,
  answer: ({ company }) => ({ ip_list: company.api_domain_ips }),
};
