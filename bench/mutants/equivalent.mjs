// Mutations that survive because a lab with them keeps every promise: a pattern of their IDs, with the reason.

export const equivalent = [
  {
    of: /^arp-problem\/\w+\/(loss|filter)\//,
    reason: 'the lab asks by ARP alone, which no filter of IP packets sees; it promises nothing of TCP or UDP',
  },
  {
    of: /^arp-problem\/pc\/(mac|address gone)\/pc: eth2/,
    reason:
      'the lab promises how many cards answer for the address of eth0; eth2 answers for it whatever its own addresses are',
  },
  {
    of: /^dr-host-route\/c1\/route gone\//,
    reason:
      'nobody is at the gateway of the default route, as in the document: with it or without it the client finds no way',
  },
  {
    of: /^dr-host-route\/c2\/(table: stranger service|redirects)\//,
    reason: 'the user’s own script makes the table and the sysctls of this director; the lab file says nothing of them',
  },
  {
    of: /\/vip gone\/(lb|director)\d: does not hold /,
    reason: 'keepalived sees that the VIP is gone, sets it again at once and announces it',
  },
];
