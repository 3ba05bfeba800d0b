#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

#[test]
fn octets_are_found_by_their_name() {
    let netstat =
        "TcpExt: A B\nTcpExt: 1 2\nIpExt: InOctets OutOctets InNoECTPkts\nIpExt: 10 42 7\n";
    assert_eq!(out_octets(netstat), Some(42));
    assert_eq!(out_octets("TcpExt: A\nTcpExt: 1\n"), None);
}

#[test]
fn memory_is_told_in_bytes() {
    assert_eq!(
        memory("MemTotal:       16384 kB\nMemFree: 1 kB\n"),
        Some(16 << 20)
    );
    assert_eq!(memory(""), None);
}

#[test]
fn the_machine_is_told_beside_the_node() {
    let telemetry = crate::telemetry::Telemetry::new(None).unwrap();
    let text = String::from_utf8(telemetry.render().unwrap()).unwrap();
    for name in [
        "edgepack_machine_info{cpu=\"",
        "edgepack_machine_cores ",
        "edgepack_machine_memory_bytes ",
        "edgepack_cpu_seconds_total ",
        "process_network_transmit_bytes_total ",
    ] {
        assert!(
            text.lines().any(|line| line.starts_with(name)),
            "{name}: {text}"
        );
    }
}
