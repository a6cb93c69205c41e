//! `replay`, `runs`.

use super::search::{time, usd};
use crate::args::{Global, Replay, Runs};
use crate::output::Output;
use retake_api::dto::replay::{
    Estimate, LeftOutView, ReplayRequest, ResumeRequest, Run, RunRequest, Take, VariantInput,
};
use retake_api::dto::{Empty, IdRequest};
use retake_api::{ApiError, Core, handlers};
use retake_model::{Code, Exit, counted};
use std::fmt::Write;
use std::sync::Arc;

/// Variants of the command line.
pub fn variants(specs: &[String]) -> Vec<VariantInput> {
    specs
        .iter()
        .map(|spec| VariantInput { name: None, spec: Some(spec.clone()), messages: Vec::new(), params: None })
        .collect()
}

/// `retake replay`.
pub async fn run(core: Arc<Core>, args: &Replay, global: &Global, output: &Output) -> Result<Exit, ApiError> {
    let plan = args.plan.as_ref().map(|path| super::read_text(&path.display().to_string())).transpose()?;
    let request = ReplayRequest {
        ids: args.ids.clone(),
        query: args.query.clone(),
        request: args.request.as_deref().map(super::read_text).transpose()?,
        variants: variants(&args.variants),
        plan,
        repeats: Some(args.repeats),
        max_usd: args.sending.max_usd,
        concurrency: args.concurrency,
        accept_fidelity: args.accept_fidelity.clone(),
        allow_destinations: args.sending.allow_destination.clone(),
        allow_unpriced: args.sending.allow_unpriced,
    };
    let estimate = handlers::replay::replay_estimate(Arc::clone(&core), request.clone()).await?;
    if args.estimate {
        output.document("estimate", &estimate, |text| write_estimate(text, &estimate));
        warn_of(&estimate.left_out, output);
        return Ok(Exit::Done);
    }
    handlers::replay::may_start(&core, &request, &estimate)?;
    if !estimate.destinations.is_empty() {
        super::ask::confirm(&format!("{} Go on?", estimate.sentence), global)?;
    }
    let cancel = super::cancel_on_interrupt();
    let progress = |run: &str, done: u32, of: u32| output.progress(&format!("run {run}  {done} of {of}"));
    let run = handlers::replay::run_to_end(Arc::clone(&core), request, cancel, &progress).await;
    output.progress_done();
    finish(run?, output)
}

/// Prints a run and tells its exit status.
fn finish(run: Run, output: &Output) -> Result<Exit, ApiError> {
    output.document("replay", &run, |text| write_run(text, &run));
    warn_of(&run.left_out, output);
    match run.status.as_str() {
        "done" => Ok(Exit::Done),
        "cancelled" | "interrupted" => Ok(Exit::Interrupted),
        "stopped" => {
            Err(ApiError::new(Code::SpendingLimit, format!("run {} stopped at its spending limit", run.run_id)))
        }
        _ => {
            let first = run.takes.iter().find_map(|take| take.error.as_ref());
            let code = first.and_then(|error| Code::parse(&error.code)).unwrap_or(Code::ProviderRefused);
            let message = first.map_or_else(|| "a call failed".to_owned(), |error| error.message.clone());
            let error = ApiError::new(
                code,
                format!("{} of {} failed: {message}", run.counts.failed, counted(run.takes.len(), "call")),
            );
            Err(match first.and_then(|error| error.hint.clone()) {
                Some(hint) => error.with_hint(hint),
                None => error,
            })
        }
    }
}

/// Names what is not sent.
fn warn_of(left_out: &[LeftOutView], output: &Output) {
    for call in left_out {
        let code = Code::parse(&call.code).unwrap_or(Code::NothingToReplay);
        output.warning(&ApiError::new(code, format!("left out: {}", call.message)));
    }
}

/// `retake runs`.
pub async fn runs(core: Arc<Core>, command: &Runs, global: &Global, output: &Output) -> Result<Exit, ApiError> {
    match command {
        Runs::List => {
            let list = handlers::replay::runs_list(core, Empty {}).await?;
            output.document("runs", &list, |text| {
                for run in &list.runs {
                    let _ = writeln!(
                        text,
                        "{}  {}  {:<11} {} done, {} failed, {} pending  {}",
                        run.run_id,
                        time(run.started_ns.0),
                        run.status,
                        run.counts.done,
                        run.counts.failed,
                        run.counts.pending,
                        run.variants.join(" | ")
                    );
                }
            });
            Ok(Exit::Done)
        }
        Runs::Show { id } => {
            let run = handlers::replay::run_get(core, RunRequest { id: id.clone(), span_id: None }).await?;
            output.document("replay", &run, |text| write_run(text, &run));
            Ok(Exit::Done)
        }
        Runs::Resume { id, failed } => {
            let before =
                handlers::replay::run_get(Arc::clone(&core), RunRequest { id: id.clone(), span_id: None }).await?;
            let left = before.counts.pending + if *failed { before.counts.failed } else { 0 };
            if left == 0 {
                return finish(before, output);
            }
            let question = format!("Send {} to {}?", counted(left, "call"), before.destinations.join(", "));
            super::ask::confirm(&question, global)?;
            let cancel = super::cancel_on_interrupt();
            let progress = |run: &str, done: u32, of: u32| output.progress(&format!("run {run}  {done} of {of}"));
            let request = ResumeRequest { id: before.run_id, failed: *failed, take_id: None };
            let run = handlers::replay::resume_to_end(core, request, cancel, &progress).await;
            output.progress_done();
            finish(run?, output)
        }
        Runs::Cancel { id } => {
            let run = handlers::replay::run_cancel(core, IdRequest { id: id.clone() }).await?;
            output.document("replay", &run, |text| write_run(text, &run));
            Ok(Exit::Done)
        }
    }
}

fn write_estimate(text: &mut String, estimate: &Estimate) {
    let _ = writeln!(text, "{}", estimate.sentence);
    for loss in &estimate.losses {
        let _ = writeln!(text, "  {}: {} {} ({})", loss.variant, loss.path, loss.what, loss.why);
    }
    for host in &estimate.new_destinations {
        let _ = writeln!(text, "  new destination: {host}");
    }
    for model in &estimate.unpriced {
        let _ = writeln!(text, "  no price for {model}");
    }
}

fn write_run(text: &mut String, run: &Run) {
    let _ = writeln!(
        text,
        "run {}  {}  {} done, {} failed, {} pending  {}",
        run.run_id,
        run.status,
        run.counts.done,
        run.counts.failed,
        run.counts.pending,
        usd(run.spent_usd_nanos)
    );
    run.takes.iter().for_each(|take| write_take(text, take));
}

/// A take for people.
pub fn write_take(text: &mut String, take: &Take) {
    let ms = |value: Option<f64>| value.map_or_else(|| "—".to_owned(), |ms| format!("{ms:.0} ms"));
    let tokens = |value: Option<i64>| value.map_or_else(|| "—".to_owned(), |n| n.to_string());
    let _ = writeln!(
        text,
        "── {}  {}  {}  first token {}  {}  {} → {} tokens  {}  {}",
        take.take_id,
        take.variant,
        take.status,
        ms(take.ttft_ms),
        ms(take.latency_ms),
        tokens(take.usage.input_tokens),
        tokens(take.usage.output_tokens),
        usd(take.cost_usd_nanos),
        take.finish_reason.as_deref().unwrap_or("")
    );
    if let Some(answer) = take.output_text.as_deref().filter(|answer| !answer.is_empty()) {
        let _ = writeln!(text, "{answer}");
    }
    for call in &take.tool_calls {
        let _ = writeln!(text, "→ {}({})", call.name, call.arguments);
    }
    if let Some(error) = &take.error {
        let _ = writeln!(text, "{} {}", error.code, error.message);
    }
}
