#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::time::Duration;

use super::*;

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_machine_is_read_from_its_files() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(
        root,
        "proc/cpuinfo",
        "processor\t: 0\nmodel name\t: Example 9000\n\nprocessor\t: 1\nmodel name\t: Example 9000\n",
    );
    write(
        root,
        "proc/meminfo",
        "MemTotal:       16384 kB\nMemFree: 1 kB\n",
    );
    write(root, "proc/sys/kernel/osrelease", "6.1.0-9\n");
    write(
        root,
        "etc/os-release",
        "ID=x\nPRETTY_NAME=\"Example OS 3\"\n",
    );
    for (name, speed) in [("eth1", "25000\n"), ("eth0", "-1\n")] {
        write(root, &format!("sys/class/net/{name}/speed"), speed);
        fs::create_dir_all(root.join(format!("sys/class/net/{name}/device"))).unwrap();
    }
    write(root, "sys/class/net/lo/speed", "100000\n");

    let machine = Machine::below(root);
    assert_eq!(machine.cpu, "Example 9000");
    assert_eq!(machine.cores, 2);
    assert!((1..=2).contains(&machine.usable_cores));
    assert_eq!(machine.memory_bytes, 16 << 20);
    assert_eq!(machine.kernel, "Linux 6.1.0-9");
    assert_eq!(machine.system.as_deref(), Some("Example OS 3"));
    let nics: Vec<_> = machine
        .nics
        .iter()
        .map(|nic| (nic.name.as_str(), nic.bits_per_s))
        .collect();
    assert_eq!(nics, [("eth0", None), ("eth1", Some(25_000_000_000))]);
    assert_eq!(machine.link(), Some(25_000_000_000));
}

#[test]
fn a_processor_without_a_name_is_told_by_its_numbers() {
    let (name, cores) = processors(
        "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\nprocessor\t: 1\nCPU implementer\t: 0x41\n",
    );
    assert_eq!(name, "implementer 0x41 part 0xd0c");
    assert_eq!(cores, 2);
}

#[test]
fn this_machine_has_a_kernel_processors_and_memory() {
    let machine = Machine::here();
    assert!(machine.kernel.starts_with("Linux "), "{machine:?}");
    assert!(machine.cores >= 1 && machine.usable_cores >= 1 && machine.memory_bytes > 0);
}

#[test]
fn nothing_readable_gives_unknown_and_no_fault() {
    let root = tempfile::tempdir().unwrap();
    let machine = Machine::below(root.path());
    assert_eq!(machine.cpu, "unknown");
    assert_eq!(machine.kernel, "unknown");
    assert!(machine.nics.is_empty());
}

#[test]
fn spinning_a_while_shows_as_processor_time() {
    let begin = Mark::now();
    while begin.at().elapsed() < Duration::from_millis(50) {
        std::hint::spin_loop();
    }
    let usage = begin.until(&Mark::now(), 1);
    assert!(usage.seconds >= 0.05);
    // Other threads of the test binary count too; this one alone may have waited for a core.
    assert!(usage.cpu_s > 0.0, "{usage:?}");
}

#[test]
fn nine_tenths_of_the_cores_are_busy() {
    let usage = |cpu_s| Usage {
        seconds: 10.0,
        cpu_s,
        cores: 2,
    };
    assert!(usage(18.0).is_busy());
    assert!(!usage(17.9).is_busy());
    assert!(!Usage::default().is_busy());
}
