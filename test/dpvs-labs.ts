/** Labs of kernel LVS that run with DPVS, too; the catalogue's test runs those that are for DPVS alone. */
export const DPVS_LABS: readonly string[] = [
  'fnat-two-arm',
  'fnat-simple',
  'fnat-ipv6',
  'dr-one-arm',
  'dr-two-arm',
  'tun-one-arm',
  'nat-one-arm',
  'snat',
  'snat-gre',
  'fnat-keepalived',
  'fnat-keepalived-two-arm',
  'fnat-ospf',
  'fnat-ospf-bfd',
];
