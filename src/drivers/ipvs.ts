import type { Lab, LabNode } from '../lab/model.ts';
import { vrrpOf } from '../lab/model.ts';
import { modes } from '../modes/index.ts';
import type { NodePart } from '../nodes/part.ts';
import type { Driver, RunInNode } from './driver.ts';
import { joinTable, parseCounters, parseTable } from './ipvsadm.ts';
import { keepalivedConf } from './keepalived-conf.ts';
import type { ServiceTable } from './service-table.ts';

/** Kernel LVS, driven by the real keepalived. */
export const ipvs: Driver = {
  name: 'ipvs',

  director(lab: Lab, node: LabNode): NodePart {
    const parts = lab.services.map((s) => modes[s.mode].director(s, node));
    const addresses = parts.flatMap((p) => p.addresses.map((a) => `addr replace ${a.address}/32 dev ${a.interface}`));
    const fixed = lab.services
      .filter((s) => !vrrpOf(lab, s.name))
      .map((s) => `addr replace ${s.vip}/32 dev ${node.interfaces[0]?.name}`);
    return {
      sysctls: Object.assign({}, ...parts.map((p) => p.sysctls)),
      ip: [...new Set([...addresses, ...fixed])],
      tc: [...new Set(parts.flatMap((p) => p.tc))],
      files: { '/etc/keepalived/keepalived.conf': node.keepalived?.content ?? keepalivedConf(lab, node) },
      services: { keepalived: 'keepalived --dont-fork --log-console --log-detail --no-syslog' },
    };
  },

  async readTable(run: RunInNode): Promise<ServiceTable> {
    const marker = '--lvslab--';
    const output = await run([
      'sh',
      '-ec',
      `ipvsadm -Ln; echo ${marker}; ipvsadm -Ln --stats --exact; echo ${marker}; ipvsadm -Ln --rate --exact`,
    ]);
    const [table = '', stats = '', rate = ''] = output.split(marker);
    return joinTable(parseTable(table), parseCounters(stats), parseCounters(rate));
  },
};
