//! How long one answer is held back.

use std::time::Duration;

use super::response::{DelayDistribution, ResponseDefinition};
use super::settings::Settings;

/// An hour: what a draw from a distribution without a bound is cut to.
const LONGEST_DRAW_MS: f64 = 3_600_000.0;

impl DelayDistribution {
    /// One draw; `unit` gives numbers in `0.0..1.0`.
    pub fn draw(self, mut unit: impl FnMut() -> f64) -> Duration {
        let ms = match self {
            Self::Fixed { milliseconds } => milliseconds as f64,
            Self::Uniform { lower, upper } => {
                lower as f64 + (unit() * ((upper - lower) as f64 + 1.0)).floor()
            }
            Self::LogNormal { median, sigma, max } => {
                let max = max.unwrap_or(LONGEST_DRAW_MS);
                // Draws above the maximum are drawn again, which keeps the shape below it; a distribution that
                // lies above it nearly whole ends at the maximum.
                (0..16)
                    .map(|_| (normal(&mut unit) * sigma).exp() * median)
                    .find(|ms| *ms <= max)
                    .unwrap_or(max)
            }
        };
        Duration::from_micros((ms.clamp(0.0, 86_400_000.0) * 1000.0) as u64)
    }
}

/// A draw from the standard normal distribution (Box and Muller).
fn normal(unit: &mut impl FnMut() -> f64) -> f64 {
    let radius = (-2.0 * (1.0 - unit()).ln()).sqrt();
    radius * (std::f64::consts::TAU * unit()).cos()
}

/// The delay of an answer: the stub's own, else the settings'; a fixed one and a drawn one add up.
pub fn of(
    response: &ResponseDefinition,
    settings: &Settings,
    unit: impl FnMut() -> f64,
) -> Duration {
    let fixed = response.fixed_delay.or(settings.fixed_delay);
    let drawn = response.delay.or(settings.delay);
    fixed.unwrap_or_default() + drawn.map_or(Duration::ZERO, |delay| delay.draw(unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use efsm_core::Entropy;

    fn draws(distribution: DelayDistribution) -> Vec<u64> {
        let entropy = Entropy::seeded(5);
        let mut draws: Vec<u64> = (0..2000)
            .map(|_| distribution.draw(|| entropy.unit()).as_millis() as u64)
            .collect();
        draws.sort_unstable();
        draws
    }

    #[test]
    fn uniform_draws_reach_both_bounds_and_no_further() {
        let draws = draws(DelayDistribution::Uniform { lower: 3, upper: 7 });
        assert_eq!((draws[0], draws[1999]), (3, 7));
    }

    #[test]
    fn lognormal_draws_lie_around_the_median_and_below_the_maximum() {
        let draws = draws(DelayDistribution::LogNormal {
            median: 100.0,
            sigma: 0.5,
            max: Some(200.0),
        });
        assert!((80..=110).contains(&draws[1000]), "{}", draws[1000]);
        assert!(draws[1999] <= 200 && draws[0] > 5);
    }
}
