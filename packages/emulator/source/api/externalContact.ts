import { Refusal } from '../wire/errcodes.ts';
import type { Endpoint } from './endpoint.ts';

/** When the member added the customer: the company does not say, so that it is the same for all. */
const ADDED_AT_SECONDS = 1_704_067_200;

/**
 * GET externalcontact/get (document 92114): a customer among the visitors, followed by one member. The app must
 * be one of those that may call the API of 客户联系 (48002), and the member in its range (40096, document 90313).
 */
export const externalcontactGet: Endpoint = {
  path: 'externalcontact/get',
  document: 92114,
  method: 'GET',
  token: true,
  only: 'app',
  bareInvalidToken: true,
  answer({ company, directory }, { query }, app) {
    if (!app.customer_contact) throw new Refusal(48002);
    const external_userid = query.get('external_userid') ?? '';
    if (external_userid === '') throw new Refusal(41035);
    const customer = company.visitors.find(
      (visitor) => visitor.kind === 'customer' && visitor.external_userid === external_userid,
    );
    if (customer?.kind !== 'customer') throw new Refusal(40096);
    const follower = directory.member(customer.follower);
    if (follower === undefined) throw new Refusal(84061);
    if (!directory.isVisible(app, follower)) throw new Refusal(40096);
    return {
      // 1: a user of WeChat; a gender of 0 is unknown.
      external_contact: { external_userid, name: customer.name, avatar: '', type: 1, gender: 0 },
      follow_user: [
        {
          userid: follower.userid,
          remark: customer.name,
          description: '',
          createtime: ADDED_AT_SECONDS,
          tags: [],
          add_way: 0,
        },
      ],
    };
  },
};
