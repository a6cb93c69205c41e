//! The statistics of a live check: the paired difference with its interval (Student's t), and Fisher's exact test for one
//! case. Sources: Miller 2024 (arXiv 2411.00640) for the paired difference; Hill 1970 is not needed, as the t quantile is
//! found from the incomplete beta function (continued fraction of Lentz, as in Press et al., *Numerical Recipes*, 6.4).

/// Mean difference and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Interval {
    pub(crate) mean: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Standard deviation of the differences.
    pub(crate) deviation: f64,
}

/// Interval of the mean of paired differences. `None` for fewer than two pairs: one pair says nothing about its spread.
#[expect(clippy::cast_precision_loss, reason = "case counts are small")]
pub(crate) fn paired(differences: &[f64]) -> Option<Interval> {
    let n = differences.len();
    if n < 2 {
        return None;
    }
    let count = n as f64;
    let mean = differences.iter().sum::<f64>() / count;
    let squares: f64 = differences.iter().map(|d| (d - mean).powi(2)).sum();
    let deviation = (squares / (count - 1.0)).sqrt();
    let half = t_quantile(0.975, count - 1.0) * deviation / count.sqrt();
    Some(Interval { mean, low: mean - half, high: mean + half, deviation })
}

/// Pairs that an interval as wide as `margin` needs, for this spread (large-sample normal approximation).
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded below the cast")]
pub(crate) fn pairs_needed(deviation: f64, margin: f64) -> usize {
    let n = 7.849 * (deviation / margin.max(1e-9)).powi(2);
    n.ceil().clamp(2.0, 1e9) as usize
}

/// One-sided Fisher exact test: the chance of at most `b` passes of `n_b` if both rates are the same.
pub(crate) fn fisher_drop(a: u32, n_a: u32, b: u32, n_b: u32) -> f64 {
    let (passes, total) = (a + b, n_a + n_b);
    let lowest = passes.saturating_sub(n_a);
    let all = ln_choose(total, passes);
    (lowest..=b.min(passes)).map(|k| (ln_choose(n_b, k) + ln_choose(n_a, passes - k) - all).exp()).sum::<f64>().min(1.0)
}

fn ln_choose(n: u32, k: u32) -> f64 {
    if k > n {
        return f64::NEG_INFINITY;
    }
    (1..=k.min(n - k)).map(|i| (f64::from(n - k.min(n - k) + i) / f64::from(i)).ln()).sum()
}

/// Quantile of Student's t by bisection; `p` above one half.
fn t_quantile(p: f64, df: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1e3);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if t_cdf(middle, df) < p { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

fn t_cdf(t: f64, df: f64) -> f64 {
    1.0 - 0.5 * incomplete_beta(df / 2.0, 0.5, df / (df + t * t))
}

fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let guard = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for m in 1..300 {
        let m = f64::from(m);
        for numerator in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = 1.0 / guard(1.0 + numerator * d);
            c = guard(1.0 + numerator / c);
            h *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-14 {
            break;
        }
    }
    h
}

/// Lanczos approximation, good to 15 digits for positive arguments.
fn ln_gamma(x: f64) -> f64 {
    const G: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let mut sum = G[0];
    for (i, g) in (1_u32..).zip(&G[1..]) {
        sum += g / (x + f64::from(i));
    }
    let t = x + 7.5;
    0.5 * std::f64::consts::TAU.ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (df, t) in [(1.0, 12.706), (2.0, 4.303), (9.0, 2.262), (30.0, 2.042), (1000.0, 1.962)] {
            assert!((t_quantile(0.975, df) - t).abs() < 6e-4, "{df}: {}", t_quantile(0.975, df));
        }
    }

    #[test]
    fn fisher_is_that_of_the_tea_tasting() {
        // Fisher's 4 + 4 cups: 4 of 4 against 0 of 4 has 1/70.
        assert!((fisher_drop(4, 4, 0, 4) - 1.0 / 70.0).abs() < 1e-12);
        assert!((fisher_drop(3, 4, 1, 4) - 17.0 / 70.0).abs() < 1e-12);
        assert!((fisher_drop(4, 4, 4, 4) - 1.0).abs() < 1e-12);
    }
}
