import { count, one, several, text, verb } from './verb.ts';

export const capture = verb({
  name: 'capture',
  summary: 'show packets as they pass, or write them to a pcap file',
  arguments: {
    lab: one('<lab>', 'name of a running lab', 'running lab'),
    where: one('<where>', 'a node, NODE:DEVICE (a card, a segment, tunl0, bond1), or a segment', 'place'),
    filter: several('[filter...]', 'a filter in tcpdump’s syntax (default: all packets)'),
  },
  flags: {
    write: text('-w, --write <file>', 'write pcap to this file, or - for stdout', 'file'),
    count: count('-c, --count <n>', 'stop after n packets'),
  },
  passThrough: true,
  examples: [
    'lab capture fnat-keepalived lb1:eth0 vrrp',
    'lab capture -w - tun-one-arm lan | wireshark -k -i -',
    'lab capture -w rs1.pcap -c 100 tun-one-arm rs1:tunl0 tcp port 80',
  ],
  run: async (args, options) => (await import('./capture.ts')).capture(args.lab, args.where, args.filter, options),
});
