#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

/// Makes `io_uring_setup` fail with `errno` for the calling thread, as a container runtime's
/// seccomp filter would. False where the sandbox of the test itself does not allow filters.
fn forbid_io_uring(errno: i32) -> bool {
    use libc::{BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W};
    let step = |code: u32, jt: u8, jf: u8, k: u32| libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    let mut filter = [
        // seccomp_data.nr
        step(BPF_LD | BPF_W | BPF_ABS, 0, 0, 0),
        step(
            BPF_JMP | BPF_JEQ | BPF_K,
            0,
            1,
            libc::SYS_io_uring_setup as u32,
        ),
        step(
            BPF_RET | BPF_K,
            0,
            0,
            libc::SECCOMP_RET_ERRNO | errno as u32,
        ),
        step(BPF_RET | BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: 4,
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: both calls take plain values; the filter is copied by the kernel during the second
    // and binds this thread only.
    unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program) == 0
    }
}

fn probed_with(errno: i32) -> Option<Result<Support, Unavailable>> {
    let thread = std::thread::spawn(move || forbid_io_uring(errno).then(probe));
    thread.join().unwrap()
}

#[test]
fn a_sandbox_that_forbids_io_uring_is_told_from_a_kernel_without_it() {
    let (Some(forbidden), Some(missing)) = (probed_with(libc::EPERM), probed_with(libc::ENOSYS))
    else {
        println!("skipped: no seccomp filters here");
        return;
    };
    assert!(
        matches!(forbidden, Err(Unavailable::Forbidden)),
        "{forbidden:?}"
    );
    assert!(
        matches!(missing, Err(Unavailable::NotInKernel)),
        "{missing:?}"
    );
}

#[test]
fn a_kernel_that_knows_no_flag_leads_to_a_plain_ring_not_to_a_refusal() {
    match probe() {
        Ok(support) => println!("io_uring: {support:?}"),
        Err(unavailable) => println!("skipped: {unavailable}"),
    }
    // EINVAL for every setup is neither a missing nor a forbidden io_uring.
    if let Some(outcome) = probed_with(libc::EINVAL) {
        assert!(matches!(outcome, Err(Unavailable::Other(_))), "{outcome:?}");
    }
}
