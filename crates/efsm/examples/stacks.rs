//! A thousand stacks in one process, and forks of stacks that hold 100 MB: prints what they cost, for
//! `cargo xtask bench start`.

use std::error::Error;
use std::time::Duration;

use efsm::EphemeralMockServer;
use efsm_core::Stopwatch;
use efsm_storage::PutOptions;

const STACKS: usize = 1000;
const FORKS: usize = 50;

fn main() -> Result<(), Box<dyn Error>> {
    let start =
        || -> Result<_, Box<dyn Error>> { Ok(EphemeralMockServer::builder().port(0).start()?) };
    // The first one brings the runtime up.
    let objects = start()?;
    let (stacks, times) = timed(STACKS, start)?;
    println!("start_ms {}", median_ms(times));
    println!("resident_mib {}", resident_mib());
    drop(stacks);

    for n in 0..100 {
        let body = vec![n; 1_000_000];
        objects
            .storage()
            .put_object("bulk", &format!("{n}"), body, PutOptions::default())?;
    }
    let (_forks, times) = timed(FORKS, || Ok(objects.fork()?))?;
    println!("fork_objects_ms {}", median_ms(times));

    let rows = start()?;
    rows.database().database("main")?.seed(
        "CREATE TABLE bulk (id INTEGER PRIMARY KEY, text TEXT);
         WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 100000)
         INSERT INTO bulk SELECT id, printf('%01000d', id) FROM n;",
    )?;
    let (forks, times) = timed(FORKS, || Ok(rows.fork()?))?;
    println!("fork_database_ms {}", median_ms(times));
    let mut times = Vec::new();
    for fork in &forks {
        let watch = Stopwatch::start();
        fork.database()
            .execute("SELECT text FROM bulk WHERE id = ?", [50_000])?;
        times.push(watch.elapsed());
    }
    println!("first_select_ms {}", median_ms(times));
    Ok(())
}

/// Makes and keeps `count` values; the time of each.
fn timed<T>(
    count: usize,
    make: impl Fn() -> Result<T, Box<dyn Error>>,
) -> Result<(Vec<T>, Vec<Duration>), Box<dyn Error>> {
    let (mut made, mut times) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for _ in 0..count {
        let watch = Stopwatch::start();
        made.push(make()?);
        times.push(watch.elapsed());
    }
    Ok((made, times))
}

fn median_ms(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

fn resident_mib() -> f64 {
    std::fs::read_to_string("/proc/self/status")
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok())
        .map_or(f64::NAN, |kib| kib / 1024.0)
}
