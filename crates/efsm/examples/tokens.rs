//! How many tokens are issued in a second, and how many signatures of the same bytes the crypto library alone makes:
//! prints both, for `cargo xtask bench auth`.

use std::error::Error;
use std::time::Duration;

use efsm::EphemeralMockServer;
use efsm_core::Stopwatch;
use efsm_jose::{Claims, Header, SigningKey, encode};
use serde_json::json;

/// Rounds of each side, which take turns.
const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(150);

fn main() -> Result<(), Box<dyn Error>> {
    for (name, key) in [
        ("rs256", SigningKey::generate_rs256()?),
        ("es256", SigningKey::generate_es256()?),
    ] {
        let header = Header::jwt(&key);
        let mut serial = 0;
        let mut issue = || -> Result<String, Box<dyn Error>> {
            serial += 1;
            let claims = Claims::new()
                .with("iss", "http://127.0.0.1:8888/auth")
                .with("sub", "ada")
                .with("aud", "shop")
                .with("scope", "openid orders")
                .with("iat", 1_767_225_600)
                .with("exp", 1_767_229_200)
                .with("jti", format!("token-{serial}"));
            Ok(encode(&header, &claims, &key)?)
        };
        let token = issue()?;
        let (signed, _) = token.rsplit_once('.').ok_or("a token has three parts")?;
        let sides = turns(
            || issue().map(drop),
            || Ok(key.sign(signed.as_bytes()).map(drop)?),
        )?;
        print(name, sides);
    }
    // The whole service, with its log of issued tokens and its journal; HMAC is so cheap that those weigh more.
    let server = EphemeralMockServer::builder().port(0).start()?;
    let auth = server.auth();
    let token = auth.issue_jwt("ada", json!({"scope": "orders"}))?;
    let (signed, _) = token.rsplit_once('.').ok_or("a token has three parts")?;
    let key = SigningKey::hmac(efsm_jose::Algorithm::Hs256, auth.secret().as_bytes())?;
    let sides = turns(
        || {
            Ok(auth
                .issue_jwt("ada", json!({"scope": "orders"}))
                .map(drop)?)
        },
        || Ok(key.sign(signed.as_bytes()).map(drop)?),
    )?;
    print("hs256", sides);
    Ok(())
}

fn print(name: &str, (issued, signed): (f64, f64)) {
    println!("{name}_issued_per_second {issued:.0}");
    println!("{name}_signed_per_second {signed:.0}");
}

/// The median rates of both, a round of one after a round of the other.
fn turns(
    mut a: impl FnMut() -> Result<(), Box<dyn Error>>,
    mut b: impl FnMut() -> Result<(), Box<dyn Error>>,
) -> Result<(f64, f64), Box<dyn Error>> {
    let (mut of_a, mut of_b) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        of_a.push(rate(&mut a)?);
        of_b.push(rate(&mut b)?);
    }
    Ok((median(of_a), median(of_b)))
}

fn rate(work: &mut impl FnMut() -> Result<(), Box<dyn Error>>) -> Result<f64, Box<dyn Error>> {
    let watch = Stopwatch::start();
    let mut done = 0;
    while watch.elapsed() < ROUND {
        for _ in 0..20 {
            work()?;
        }
        done += 20;
    }
    Ok(f64::from(done) / watch.elapsed().as_secs_f64())
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
