//! The calls of the kernel that no test needs and that attacks on the kernel, or on the sandbox, begin with.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

/// Refused whatever their arguments.
const REFUSED: &[i64] = &[
    libc::SYS_acct,
    libc::SYS_add_key,
    libc::SYS_bpf,
    libc::SYS_clock_adjtime,
    libc::SYS_clock_settime,
    libc::SYS_delete_module,
    libc::SYS_finit_module,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_init_module,
    // Its operations pass no filter.
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_lookup_dcookie,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_perf_event_open,
    libc::SYS_pivot_root,
    libc::SYS_quotactl,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_setns,
    libc::SYS_settimeofday,
    libc::SYS_swapoff,
    libc::SYS_swapon,
    libc::SYS_syslog,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_userfaultfd,
    libc::SYS_vhangup,
];

#[cfg(target_arch = "x86_64")]
const REFUSED_HERE: &[i64] = &[libc::SYS_ioperm, libc::SYS_iopl, libc::SYS_kexec_file_load];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[i64] = &[];

/// A namespace more would come with capabilities in it.
const NAMESPACES: u64 = (libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP) as u64;

/// TIOCSTI and TIOCLINUX, whose type differs between C libraries: they press keys in the name of the terminal's user.
const TERMINAL_REQUESTS: [u64; 2] = [0x5412, 0x541c];

/// The families of sockets that stay inside of a network namespace, or of the kernel's answers about it.
const FAMILIES: [i32; 4] = [
    libc::AF_UNIX,
    libc::AF_INET,
    libc::AF_INET6,
    libc::AF_NETLINK,
];

/// The programs, to be applied in this order. Empty on processors that the compiler of filters does not know.
pub(super) fn programs() -> Result<Vec<BpfProgram>, String> {
    let Ok(arch) = std::env::consts::ARCH.try_into() else {
        return Ok(Vec::new());
    };
    let compile = |rules: BTreeMap<i64, Vec<SeccompRule>>, error: i32| {
        let action = SeccompAction::Errno(error as u32);
        SeccompFilter::new(rules, SeccompAction::Allow, action, arch)
            .and_then(BpfProgram::try_from)
            .map_err(|e| format!("the filter of system calls: {e}"))
    };
    let condition = |argument, length, op, value| {
        SeccompCondition::new(argument, length, op, value)
            .and_then(|condition| SeccompRule::new(vec![condition]))
            .map_err(|e| format!("the filter of system calls: {e}"))
    };
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = REFUSED
        .iter()
        .chain(REFUSED_HERE)
        .map(|call| (*call, Vec::new()))
        .collect();
    let namespaces = (0..64)
        .map(|bit| 1_u64 << bit)
        .filter(|bit| NAMESPACES & bit != 0)
        .map(|bit| condition(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(bit), bit))
        .collect::<Result<_, String>>()?;
    rules.insert(libc::SYS_clone, namespaces);
    let terminal = TERMINAL_REQUESTS
        .map(|request| condition(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, request));
    rules.insert(
        libc::SYS_ioctl,
        terminal.into_iter().collect::<Result<_, String>>()?,
    );
    let other_family = FAMILIES
        .iter()
        .map(|family| {
            SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, *family as u64)
        })
        .collect::<Result<_, _>>()
        .and_then(SeccompRule::new)
        .map_err(|e| format!("the filter of system calls: {e}"))?;
    rules.insert(libc::SYS_socket, vec![other_family]);
    // The same calls by the numbers of the x32 interface, where a kernel still has it.
    #[cfg(target_arch = "x86_64")]
    {
        const X32: i64 = 0x4000_0000;
        const X32_IOCTL: i64 = X32 + 514;
        let again: Vec<_> = rules
            .iter()
            .map(|(call, rules)| match *call {
                libc::SYS_ioctl => (X32_IOCTL, rules.clone()),
                call => (call | X32, rules.clone()),
            })
            .collect();
        rules.extend(again);
    }
    // Its flags lie in memory, where no filter can look: libraries fall back to clone when it is not there.
    let newer_clone = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    Ok(vec![
        compile(rules, libc::EPERM)?,
        compile(newer_clone, libc::ENOSYS)?,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_compile_on_the_processors_that_are_known() {
        let programs = programs().unwrap();
        if cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
            assert_eq!(programs.len(), 2);
            assert!(programs.iter().all(|program| !program.is_empty()));
        }
    }
}
