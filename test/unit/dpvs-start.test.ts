import { describe, expect, it } from 'vitest';
import { explainStart } from '../../src/drivers/dpvs/start-failures.ts';

describe('a DPVS that does not start', () => {
  it.each([
    [
      'dpvs: error while loading shared libraries: libIPSec_MB.so.2: cannot open shared object file',
      /libIPSec_MB\.so\.2/,
    ],
    ['EAL: Cannot get hugepage information.\nInvalid EAL parameters', /--no-huge/],
    ['IPVS: fail to init synproxy: no memory', /too little memory/],
    ['IPVS: fail to init conn: no memory', /smaller conn_pool_size/],
    ['Cannot init mbuf pool on socket 0', /smaller pktpool_size/],
    ['AFPACKET: open_packet_iface(): Could not open AF_PACKET socket\nEAL: Bus (vdev) probe failed.', /NET_RAW/],
    [
      'AFPACKET: net_af_packet1: ioctl failed (SIOCGIFINDEX):No such device\nnetif_lcore_init: bad lcore configuration (error code: -5)',
      /the card of net_af_packet1 does not exist/,
    ],
    ['netif_lcore_init: bad lcore configuration (error code: -5), exit ...', /a device for which there is no card/],
    ['ports in DPDK RTE (3) != ports in dpvs.conf(2)', /has 3 cards, and dpvs\.conf defines 2 devices/],
    ['ports in DPDK RTE (2) != ports in dpvs.conf(0)', /dpvs\.conf is missing/],
    ['No dpdk ports found!', /got no card/],
    ['netif_lcore_init: lcore_index_init failed (cause: non-EAL thread lcore)', /more workers than/],
    [
      'dpdk0 supports 1 rx-queues and 1 tx-queues at max, but 2 .. are configured',
      /wants 2 queues of dpdk0, and it has 1/,
    ],
    ['virtio_kni_alloc: virtio_kni hotplug_add failed: -1\nadd KNI port fail, exiting...', /vhost-net/],
    ['dpvs is already running', /already/],
    ['dpvs: ended with status 132', /instructions that this CPU does not have/],
    ['init: addresses\ndpvs: ended with signal 11', /before its first line.*rte_srand/],
    ['dpvs: EAL: Detected CPU lcores: 2\ndpvs: ended with signal 11', /while it read dpvs\.conf/],
  ])('%s', (output, told) => expect(explainStart(output)).toMatch(told));

  it('for another reason is not explained', () => expect(explainStart('dpvs: ended with status 1')).toBeUndefined());
});
