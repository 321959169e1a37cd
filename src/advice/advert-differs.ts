import { formatMs } from '../net/duration.ts';
import { electionsOf } from './elections.ts';
import type { Rule } from './rule.ts';

export const advertDiffers: Rule = {
  id: 'advert-differs',
  title: 'an advert interval that differs from the peer’s',
  why: 'In version 2 a director discards adverts with another interval than its own (RFC 3768 §7.1): each becomes master. In version 3 a backup counts with the master’s interval (RFC 5798 §6.4.2), so a takeover takes longer or shorter depending on who is master.',
  instead: 'Use the same advert_int on every director of an instance.',
  find: (subject) =>
    electionsOf(subject).flatMap(({ name, candidates: [best, ...others] }) =>
      others
        .filter((o) => best !== undefined && o.advert !== best.advert)
        .map(({ node, advert, version, at }) => ({
          at: at.advert,
          message: `${node} sends adverts of ${name} every ${formatMs(advert)}, ${best?.node} every ${formatMs(best?.advert ?? 0)}: ${
            version === 2
              ? 'each discards the other’s, and both become master'
              : 'how long a takeover takes depends on who is master'
          }`,
        })),
    ),
};
