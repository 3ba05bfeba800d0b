#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

const NODE: &str = r#"
edgepack_build_info{version="0.1.0"} 1
edgepack_workers 8
edgepack_memory_limit_bytes 4294967296
edgepack_cache_bytes 1000
edgepack_cache_hits_total 90
edgepack_cache_fills_total 8
edgepack_cache_coalesced_total 2
edgepack_response_body_bytes_total{protocol="h1",kind="segment"} 700
edgepack_response_body_bytes_total{protocol="h3",kind="segment"} 300
edgepack_connections_open{protocol="h1"} 4
edgepack_cpu_seconds_total 3.25
process_cpu_seconds_total 3
process_resident_memory_bytes 5000
process_start_time_seconds 1700000000
edgepack_machine_info{cpu="Example 9000",kernel="Linux 6.1",system="Example OS"} 1
edgepack_machine_cores 16
edgepack_machine_memory_bytes 68719476736
edgepack_machine_network_speed_bytes{device="eth0"} 3125000000
"#;

/// What prometheus' node exporter says of a machine.
const EXPORTER: &str = r#"
node_cpu_seconds_total{cpu="0",mode="idle"} 900
node_cpu_seconds_total{cpu="0",mode="user"} 60
node_cpu_seconds_total{cpu="0",mode="system"} 40
node_cpu_seconds_total{cpu="1",mode="idle"} 950
node_cpu_seconds_total{cpu="1",mode="user"} 50
node_memory_MemTotal_bytes 1000
node_memory_MemAvailable_bytes 600
node_network_transmit_bytes_total{device="eth0"} 77
node_network_speed_bytes{device="eth0"} 125000000
node_network_speed_bytes{device="tap0"} -125000
node_uname_info{sysname="Linux",release="5.10"} 1
"#;

#[test]
fn a_node_tells_its_counters() {
    let exposition = Exposition::parse(NODE).unwrap();
    let reading = Reading::of(&exposition, 2.0);
    assert_eq!(reading.at_s, 2.0);
    assert_eq!(reading.cpu_s, Some(3.25), "the finer counter is preferred");
    assert_eq!(reading.rss_bytes, Some(5000.0));
    assert_eq!(reading.body_bytes, Some(1000.0));
    assert_eq!(reading.connections, Some(4.0));
    assert_eq!(reading.network_bytes, None);
}

#[test]
fn a_node_tells_who_it_is() {
    let exposition = Exposition::parse(NODE).unwrap();
    let identity = NodeIdentity::of(&exposition, "http://10.0.0.1:9090/metrics", false);
    assert_eq!(identity.build.as_deref(), Some("edgepack 0.1.0"));
    assert_eq!(identity.workers, Some(8));
    assert_eq!(identity.memory_limit_bytes, Some(4 << 30));
    let machine = identity.machine.unwrap();
    assert_eq!((machine.cores, machine.memory_bytes), (16, 68_719_476_736));
    assert_eq!(machine.kernel, "Linux 6.1");
    assert_eq!(machine.link(), Some(25_000_000_000));
}

#[test]
fn the_node_exporter_tells_of_any_other_server() {
    let exposition = Exposition::parse(EXPORTER).unwrap();
    let reading = Reading::of(&exposition, 0.0);
    assert_eq!(reading.cpu_s, Some(150.0), "without idle time");
    assert_eq!(reading.rss_bytes, Some(400.0));
    assert_eq!(reading.network_bytes, Some(77.0));
    let identity = NodeIdentity::of(&exposition, "http://10.0.0.1:9100/metrics", false);
    assert_eq!(identity.build, None);
    let machine = identity.machine.unwrap();
    assert_eq!((machine.cores, machine.kernel.as_str()), (2, "Linux 5.10"));
    assert_eq!(machine.link(), Some(1_000_000_000));
}

#[test]
fn a_silent_node_on_this_machine_has_this_machine() {
    let exposition = Exposition::parse("up 1\n").unwrap();
    let far = NodeIdentity::of(&exposition, "http://10.0.0.1:9090/metrics", false);
    assert_eq!(far.machine, None);
    let near = NodeIdentity::of(&exposition, "http://127.0.0.1:9090/metrics", true);
    assert_eq!(near.machine, Some(Machine::here()));
    assert!(near.shares_machine);
}
