//! Spending: what is reserved before a call, so that calls at once never pass the limit together.
//!
//! An estimate can be too low: the provider counts tokens its own way. So a model's first call under a limit goes alone, and
//! from then on the run reserves the estimate times the worst ratio of real to estimated cost that it has seen.

use super::{LogError, PlannedTake, RunLog};
use std::collections::HashMap;

/// What is known about spending within this run.
pub(super) struct Budget<'a> {
    run_id: &'a str,
    limited: bool,
    log: &'a dyn RunLog,
    /// By model: worst real cost for one estimated nano-dollar, at least 1. `None` while its first call is under way.
    ratios: HashMap<String, Option<f64>>,
    in_flight: HashMap<String, i64>,
}

/// Whether a take may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// Now.
    Go,
    /// When a call that is under way has ended.
    Wait,
    /// Not within the limit.
    Stop,
}

impl<'a> Budget<'a> {
    pub(super) fn new(run_id: &'a str, limited: bool, log: &'a dyn RunLog) -> Self {
        Self { run_id, limited, log, ratios: HashMap::new(), in_flight: HashMap::new() }
    }

    /// Reserves what a take may cost.
    pub(super) async fn admit(&mut self, take: &PlannedTake) -> Result<Admission, LogError> {
        let estimate = take.estimated_usd_nanos.unwrap_or(0);
        if !self.limited || estimate == 0 {
            return Ok(Admission::Go);
        }
        let model = model_of(take);
        let amount = match self.ratios.get(&model) {
            Some(None) => return Ok(Admission::Wait),
            Some(Some(ratio)) => scaled(estimate, *ratio),
            None => estimate,
        };
        if !self.log.reserve(self.run_id, &take.take_id, amount).await? {
            return Ok(if self.in_flight.is_empty() { Admission::Stop } else { Admission::Wait });
        }
        self.ratios.entry(model).or_insert(None);
        self.in_flight.insert(take.take_id.clone(), amount);
        Ok(Admission::Go)
    }

    /// Books what a take cost. `None` is not known: then what was reserved counts as spent.
    pub(super) async fn settle(&mut self, take: &PlannedTake, cost_usd_nanos: Option<i64>) -> Result<(), LogError> {
        let reserved = self.in_flight.remove(&take.take_id);
        if let Some(estimate) = take.estimated_usd_nanos.filter(|estimate| *estimate > 0) {
            let seen = self.ratios.entry(model_of(take)).or_insert(None);
            match cost_usd_nanos {
                Some(cost) if cost > 0 => *seen = Some(seen.unwrap_or(1.0).max(cost as f64 / estimate as f64)),
                // What was reserved counts as spent, so nothing can be passed.
                None => *seen = Some(seen.unwrap_or(1.0)),
                // A call that failed at once says nothing about the next.
                Some(_) if seen.is_none() => {
                    self.ratios.remove(&model_of(take));
                }
                Some(_) => {}
            }
        }
        let spent = cost_usd_nanos.or(reserved).unwrap_or(0);
        if spent != 0 || reserved.is_some() {
            self.log.settle(self.run_id, &take.take_id, spent).await?;
        }
        Ok(())
    }
}

fn model_of(take: &PlannedTake) -> String {
    take.request.model.clone().unwrap_or_default()
}

fn scaled(estimate: i64, ratio: f64) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float beyond i64 saturates, which reserves too much and not too little"
    )]
    let amount = (estimate as f64 * ratio).ceil() as i64;
    amount.max(estimate)
}
