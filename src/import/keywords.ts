import { didYouMean } from '../nearest.ts';
import type { Told } from './told.ts';
import type { Statement } from './tree.ts';

/**
 * Words of keepalived.conf(5) by the block that holds them: those that the lab says (`carried`), and those that leave
 * what the lab says as it is (`plain`: mail, logs, names). Any other word stays in the configuration, and no check judges
 * it.
 */
interface Words {
  readonly carried: readonly string[];
  readonly plain: readonly string[];
  /** Known words of which no check judges the effect. */
  readonly unjudged: readonly string[];
}

const NOTIFY = ['notify', 'notify_master', 'notify_backup', 'notify_fault', 'notify_stop', 'notify_deleted'];
const GARP = ['garp_master_delay', 'garp_master_repeat', 'garp_lower_prio_delay', 'garp_lower_prio_repeat'];
const CHECK = ['connect_port', 'connect_timeout', 'retry', 'delay_before_retry', 'nb_get_retry', 'nb_sock_retry'];
const CHECK_UNJUDGED = ['connect_ip', 'bindto', 'bind_to', 'bind_if', 'bind_port', 'fwmark', 'alpha'];
const CHECK_PLAIN = ['warmup', 'log_all_failures'];

const BLOCKS: Readonly<Record<string, Words>> = {
  the_configuration: {
    carried: [
      ...['global_defs', 'vrrp_instance', 'vrrp_script', 'vrrp_sync_group', 'virtual_server', 'virtual_server_group'],
      ...['static_ipaddress', 'local_address_group'],
    ],
    plain: ['SSL', 'garp_group', 'interface_up_down_delays', 'linkbeat_interfaces', 'include_check', 'random_seed'],
    unjudged: [
      ...['static_routes', 'static_rules', 'bfd_instance', 'vrrp_track_process', 'track_file', 'vrrp_track_file'],
      ...['track_group', 'net_namespace', 'net_namespace_ipvs', 'use_pid_dir', 'instance', 'linkbeat_use_polling'],
    ],
  },
  global_defs: {
    carried: [
      'vrrp_mcast_group4',
      'vrrp_version',
      'lvs_sync_daemon',
      'lvs_timeouts',
      'vrrp_garp_master_refresh',
      'default_interface',
    ],
    plain: [
      ...['notification_email', 'notification_email_from', 'smtp_server', 'smtp_helo_name', 'smtp_connect_timeout'],
      ...[
        'router_id',
        'smtp_alert',
        'smtp_alert_vrrp',
        'smtp_alert_checker',
        'no_email_faults',
        'checker_log_all_failures',
      ],
      ...['script_user', 'enable_script_security', 'process_names', 'process_name', 'vrrp_process_name'],
      ...['checker_process_name', 'bfd_process_name', 'vrrp_garp_master_delay', 'vrrp_garp_master_repeat'],
      ...['vrrp_garp_lower_prio_delay', 'vrrp_garp_lower_prio_repeat', 'vrrp_garp_interval', 'vrrp_gna_interval'],
      ...[
        'vrrp_garp_master_refresh_repeat',
        'vrrp_min_garp',
        'vrrp_skip_check_adv_addr',
        'lvs_flush',
        'lvs_flush_on_stop',
      ],
      ...['vrrp_priority', 'checker_priority', 'bfd_priority', 'vrrp_no_swap', 'checker_no_swap', 'vrrp_rt_priority'],
      ...[
        'vrrp_rlimit_rttime',
        'enable_snmp_vrrp',
        'enable_snmp_checker',
        'enable_snmp_rfc',
        'enable_traps',
        'snmp_socket',
      ],
      ...['enable_dbus', 'dbus_service_name', 'max_auto_priority', 'script_security', 'vrrp_iptables', 'nftables'],
      ...[
        'umask',
        'use_symlink_paths',
        'shutdown_script_timeout',
        'startup_script_timeout',
        'child_wait_time',
        'local_name',
      ],
      ...[
        'vrrp_higher_prio_send_advert',
        'vrrp_lower_prio_no_advert',
        'vrrp_check_unicast_src',
        'plugin',
        'snmp_server',
      ],
      ...['notify_fifo', 'vrrp_notify_fifo', 'lvs_notify_fifo', 'notify_fifo_script', 'vrrp_notify_fifo_script'],
      ...['lvs_notify_fifo_script', 'data_use_instance', 'reload_time_file', 'json_version', 'keep_script_symlinks'],
    ],
    unjudged: [
      ...[
        'vrrp_strict',
        'vrrp_mcast_group6',
        'dynamic_interfaces',
        'startup_script',
        'shutdown_script',
        'net_namespace',
      ],
      ...[
        'nftables_ipvs',
        'vrrp_down_timer_adverts',
        'disable_local_igmp',
        'allow_if_changes',
        'instance',
        'use_pid_dir',
      ],
    ],
  },
  vrrp_instance: {
    carried: [
      ...['state', 'interface', 'virtual_router_id', 'priority', 'advert_int', 'authentication', 'virtual_ipaddress'],
      ...['virtual_ipaddress_excluded', 'unicast_src_ip', 'mcast_src_ip', 'unicast_peer', 'nopreempt', 'preempt_delay'],
      ...['garp_master_refresh', 'track_script', 'track_interface', 'version', 'lvs_sync_daemon_interface'],
      ...['use_vmac', 'vmac_xmit_base', 'use_ipvlan', 'mcast_dst_ip', 'dpdk_interface'],
    ],
    plain: [
      ...NOTIFY,
      ...GARP,
      ...[
        'smtp_alert',
        'debug',
        'preempt',
        'garp_master_refresh_repeat',
        'native_ipv6',
        'dont_track_primary',
        'accept',
      ],
      ...[
        'promote_secondaries',
        'skip_check_adv_addr',
        'check_unicast_src',
        'notify_master_rx_lower_pri',
        'unicast_ttl',
      ],
      ...['kernel_rx_buf_size', 'linkbeat_use_polling', 'garp_group', 'old_unicast_checksum', 'lvs_syncd_interface'],
      ...['notify_priority_changes', 'unicast_fault_no_peer', 'v3_checksum_as_v2'],
    ],
    unjudged: [
      ...['virtual_routes', 'virtual_rules', 'track_file', 'track_process', 'track_bfd', 'no_accept'],
      ...['strict_mode', 'down_timer_adverts', 'track_src_ip', 'use_vmac_addr', 'vrf', 'lower_prio_no_advert'],
      ...['higher_prio_send_advert', 'promote_secondaries', 'no_virtual_ipaddress'],
    ],
  },
  vrrp_sync_group: {
    carried: ['group'],
    plain: [...NOTIFY, 'smtp_alert', 'notify_priority_changes'],
    unjudged: [
      'track_interface',
      'track_script',
      'track_file',
      'track_process',
      'track_bfd',
      'global_tracking',
      'sync_group_tracking_weight',
    ],
  },
  vrrp_script: {
    carried: ['script', 'interval', 'weight', 'rise', 'fall'],
    plain: ['timeout', 'user'],
    unjudged: ['init_fail'],
  },
  virtual_server: {
    carried: [
      ...[
        'lvs_sched',
        'lb_algo',
        'lvs_method',
        'lb_kind',
        'persistence_timeout',
        'persistence_granularity',
        'protocol',
      ],
      ...['delay_loop', 'quorum', 'quorum_up', 'quorum_down', 'sorry_server', 'real_server', 'inhibit_on_failure'],
      ...['sh-port', 'mh-port', 'flag-1', 'flag-2', 'flag-3', 'sh-fallback', 'mh-fallback', 'ops', 'connect_timeout'],
      ...['retry', 'delay_before_retry', 'laddr_group_name', 'nat_mask'],
    ],
    plain: ['smtp_alert', 'snmp_name', 'virtualhost', 'warmup', 'persistence_engine'],
    unjudged: [
      'ha_suspend',
      'alpha',
      'omega',
      'hysteresis',
      'sorry_server_inhibit',
      'sorry_server_lvs_method',
      'ip_family',
      'syn_proxy',
    ],
  },
  real_server: {
    carried: [
      ...['weight', 'lvs_method', 'lb_kind', 'inhibit_on_failure', 'uthreshold', 'lthreshold', 'TCP_CHECK', 'HTTP_GET'],
      ...['SSL_GET', 'MISC_CHECK', 'DNS_CHECK', 'UDP_CHECK', 'PING_CHECK', 'SMTP_CHECK', 'FILE_CHECK', 'BFD_CHECK'],
      ...['connect_timeout', 'retry', 'delay_before_retry', 'delay_loop'],
    ],
    plain: ['smtp_alert', 'snmp_name', 'virtualhost', 'warmup', 'notify_up', 'notify_down'],
    unjudged: ['alpha'],
  },
  a_check: {
    carried: [...CHECK, 'url', 'misc_path', 'misc_timeout', 'misc_dynamic', 'type', 'name', 'delay_loop'],
    plain: [
      ...CHECK_PLAIN,
      'user',
      'http_protocol',
      'fast_recovery',
      'enable_sni',
      'sni_name',
      'tls_compliant',
      'virtualhost',
      'helo_name',
    ],
    unjudged: [
      ...CHECK_UNJUDGED,
      'host',
      'payload',
      'require_reply',
      'min_reply_length',
      'max_reply_length',
      'track_file',
      'weight',
      'dynamic',
    ],
  },
};

/** Blocks whose words each have a line. */
const LINES = ['a_check', 'real_server', 'virtual_server', 'vrrp_instance', 'vrrp_script'];

/** Tells every word of a block that the lab does not say: one without a check, and one that is no word of this block. */
export function tellWords(block: string, statements: readonly Statement[], told: Told): void {
  const words = BLOCKS[block];
  if (!words) return;
  const known = [...words.carried, ...words.plain, ...words.unjudged];
  for (const { words: said, place } of statements) {
    const [word = ''] = said;
    const second = LINES.includes(block) ? said.slice(2).find((w) => known.includes(w)) : undefined;
    if (second !== undefined)
      told.lose(
        place,
        `"${second}" stands on the line of ${word}: keepalived reads one word on a line, and passes it over`,
      );
    if (words.carried.includes(word) || words.plain.includes(word)) continue;
    const where = block.replaceAll('_configuration', ' configuration').replace('a_check', 'a check');
    told.lose(
      place,
      words.unjudged.includes(word)
        ? `${word} stays in the configuration; the lab does not say it, and no check judges it`
        : `"${word}" is no word of ${where} that lab import knows${didYouMean(word, known)}`,
    );
  }
}
