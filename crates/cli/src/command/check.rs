//! `check`.

use crate::args::{Check as Args, Global};
use crate::output::Output;
use retake_api::dto::check::{Check, CheckRequest};
use retake_api::{ApiError, Core, handlers};
use retake_model::{Code, Exit};
use std::fmt::Write;
use std::sync::Arc;

/// `retake check`.
pub async fn run(core: Arc<Core>, args: &Args, _global: &Global, output: &Output) -> Result<Exit, ApiError> {
    let request = CheckRequest {
        sets: args.sets.clone(),
        live: args.live,
        variants: super::replay::variants(&args.variants),
        takes: args.takes.clone(),
        threshold: args.threshold,
        baseline: args.baseline.clone(),
        update_baseline: args.update_baseline,
        repeats: args.repeats,
        max_usd: args.sending.max_usd,
        allow_destinations: args.sending.allow_destination.clone(),
        allow_unpriced: args.sending.allow_unpriced,
        junit: args.junit.clone(),
        markdown: args.markdown.clone(),
    };
    let outcome = handlers::golden::check_with_annotations(core, request).await?;
    let check = outcome.check;
    output.document("check", &check, |text| write_check(text, &check));
    if args.github {
        output.note("");
        outcome.annotations.iter().for_each(|line| output.plain(line));
    }
    match check.verdict.as_str() {
        "pass" => Ok(Exit::Done),
        "inconclusive" => match args.inconclusive.as_deref() {
            Some("pass") => Ok(Exit::Done),
            Some(_) => Ok(Exit::GateFailed),
            None => {
                let reasons: Vec<&str> = check.sets.iter().flat_map(|set| &set.reasons).map(String::as_str).collect();
                Err(ApiError::new(Code::CheckUndecided, format!("nothing is decided: {}", reasons.join("; "))))
            }
        },
        "error" => Err(outcome
            .provider_error
            .unwrap_or_else(|| ApiError::new(Code::ProviderRefused, "the provider failed; nothing was judged"))),
        _ => Ok(Exit::GateFailed),
    }
}

fn write_check(text: &mut String, check: &Check) {
    for set in &check.sets {
        let score = set.score.map_or_else(|| "—".to_owned(), |score| format!("{:.0} %", score * 100.0));
        let _ = writeln!(text, "{}  {}  {score} of {:.0} %", set.verdict, set.name, set.threshold * 100.0);
        for case in &set.cases {
            let flaky = if case.flaky { " (flaky)" } else { "" };
            let _ = writeln!(text, "  {:<5} {}{flaky}", case.verdict, case.case_id);
            for assertion in case.assertions.iter().filter(|assertion| !assertion.passed) {
                let _ =
                    writeln!(text, "        {}: {}", assertion.kind, assertion.reason.as_deref().unwrap_or("failed"));
            }
        }
        // A file that cannot be read is a reason too; it is told below, with its place.
        let is_error = |reason: &String| {
            set.errors.iter().any(|error| reason.starts_with(&format!("{} {}: ", error.code, error.file)))
        };
        for reason in set.reasons.iter().filter(|reason| set.verdict != "pass" && !is_error(reason)) {
            let _ = writeln!(text, "  {reason}");
        }
        for case in &set.regressions {
            let _ = writeln!(text, "  regression: {case} passed before");
        }
        for error in &set.errors {
            let place = match (error.line, error.column) {
                (Some(line), Some(column)) => format!(":{line}:{column}"),
                (Some(line), None) => format!(":{line}"),
                _ => String::new(),
            };
            let _ = writeln!(text, "  {} {}{place}: {}", error.code, error.file, error.message);
        }
    }
    let _ = writeln!(text, "{}", check.verdict);
}
