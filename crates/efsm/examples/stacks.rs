//! A thousand stacks in one process, and a fork of one that holds 100 MB: prints what they cost, for
//! `cargo xtask bench start`.

use efsm::EphemeralMockServer;
use efsm_core::Stopwatch;
use efsm_storage::PutOptions;

const STACKS: usize = 1000;
const FORKS: usize = 50;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = || EphemeralMockServer::builder().port(0).start();
    // The first one brings the runtime up.
    let first = start()?;
    let watch = Stopwatch::start();
    let stacks = (0..STACKS)
        .map(|_| start())
        .collect::<Result<Vec<_>, _>>()?;
    let took = watch.elapsed();
    println!("start_ms {}", took.as_secs_f64() * 1000.0 / STACKS as f64);
    println!("resident_mib {}", resident_mib());
    drop(stacks);

    for n in 0..100 {
        let body = vec![n; 1_000_000];
        first
            .storage()
            .put_object("bulk", &format!("{n}"), body, PutOptions::default())?;
    }
    let mut forks = Vec::new();
    let watch = Stopwatch::start();
    for _ in 0..FORKS {
        forks.push(first.fork()?);
    }
    let took = watch.elapsed();
    println!("fork_ms {}", took.as_secs_f64() * 1000.0 / FORKS as f64);
    Ok(())
}

fn resident_mib() -> f64 {
    std::fs::read_to_string("/proc/self/status")
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok())
        .map_or(f64::NAN, |kib| kib / 1024.0)
}
