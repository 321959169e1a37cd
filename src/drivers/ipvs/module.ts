import type { Module } from '../../nodes/modules.ts';

/** The kernel module of IPVS, with the modules of traffic control that translate for Full-NAT and SNAT. */
export const IP_VS: Module = {
  name: 'ip_vs',
  also: ['act_ct', 'cls_flower', 'sch_ingress'],
  ask: ['ipvsadm -Ln'],
};
