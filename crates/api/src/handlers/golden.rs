//! Golden sets: promotion, check, writing a case back.

mod sets;

pub use sets::{case_parse, golden_add, golden_list};

use self::sets::remember_set;
use super::replay::{self, TakeView, document_facts, facts_of, take_or_recorded};
use crate::dto::check::{
    AssertionResult, CaseResult, CaseSaveRequest, Check, CheckRequest, FileError, FileSchema, SetResult,
};
use crate::dto::connect::NameRequest;
use crate::dto::promote::{AssertionView, PromoteRequest, Promoted};
use crate::dto::replay::ReplayRequest;
use crate::output::write_whole;
use crate::{ApiError, Core};
use retake_compare::DocumentFacts;
use retake_formats::redact;
use retake_golden::{self as golden, Answers, Assertion, Attempt, CheckOptions, CheckReport, LoadedCase, Promotion};
use retake_model::Code;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Forms of files that `retake schema` prints beside the documents.
pub const FILE_SCHEMAS: &[&str] = &["assertion", "case", "cassette", "mapping", "policy", "set"];

/// JSON Schema of a file form.
pub fn file_schema(name: &str) -> Option<serde_json::Value> {
    Some(match name {
        "assertion" => golden::schema::assertion(),
        "case" => golden::schema::case(),
        "cassette" => golden::schema::cassette(),
        "set" => golden::schema::set(),
        "policy" => crate::analysis::policy::policy_schema(),
        "mapping" => retake_formats::mapping::Mapping::schema(),
        _ => return None,
    })
}

/// Makes a golden case of a span or take; with `preview` it shows what would be written.
///
/// # Errors
/// Unknown ids, `RTK-G005` for a taken name, `RTK-G006` for an assertion that cannot be read.
pub async fn promote(core: Arc<Core>, request: PromoteRequest) -> Result<Promoted, ApiError> {
    core.blocking(move |core| {
        let take = take_or_recorded(core, &request.id)?;
        let promotion = promotion_of(core, &take, &request)?;
        let set = PathBuf::from(&request.set);
        let redact = |text: &str| {
            let mut counts: BTreeMap<String, u64> = BTreeMap::new();
            for (_, rule) in redact::secrets(text) {
                *counts.entry(rule.to_owned()).or_default() += 1;
            }
            (redact::redact_text(text), counts)
        };
        let promoted = if request.preview {
            golden::promote::preview(&set, promotion, &redact)?
        } else {
            let promoted = golden::promote(&set, promotion, &redact)?;
            remember_set(core, &set)?;
            promoted
        };
        Ok(Promoted {
            path: promoted.path.display().to_string(),
            case_id: promoted.case_id,
            assertions: promoted.assertions.into_iter().map(assertion_view).collect(),
            redactions: promoted.redactions.values().sum(),
            near_duplicates: promoted.near_duplicates.into_iter().map(|near| near.case_id).collect(),
            notes: promoted.notes,
            command: format!("retake check {}", shell_word(&request.set)),
        })
    })
    .await
}

fn promotion_of(core: &Core, take: &TakeView, request: &PromoteRequest) -> Result<Promotion, ApiError> {
    let assertions =
        request.asserts.iter().map(|text| Ok(Assertion::parse(text)?)).collect::<Result<Vec<_>, ApiError>>()?;
    let replayed = take.request.clone().ok_or_else(|| {
        ApiError::new(Code::NothingToReplay, format!("{} holds no request that could be kept", request.id))
    })?;
    let now = jiff::Timestamp::from_nanosecond(i128::from(core.host().now_ns())).map_err(ApiError::internal)?;
    let origin = golden::Origin {
        source: take.source.clone(),
        trace_id: take.take.trace_id.clone(),
        span_id: take.take.span_id.clone(),
        take_id: take.take.run_id.as_ref().map(|_| take.take.take_id.clone()),
        time: Some(now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        who: core.host().variable("USER").or_else(|| core.host().variable("USERNAME")),
        why: request.reason.clone(),
    };
    let recorded_answer = take.take.run_id.is_some().then_some(take.recorded.as_ref()).flatten();
    Ok(Promotion {
        name: request.name.clone(),
        request: replayed,
        documents: document_facts(take),
        variables: take.variables.clone(),
        origin,
        answer: facts_of(take),
        assertions,
        suggest: !request.no_suggest,
        comparison: recorded_answer.cloned(),
        tags: Vec::new(),
        doubts: super::investigate::doubtful_documents(core, take)?,
    })
}

fn assertion_view(assertion: golden::promote::PromotedAssertion) -> AssertionView {
    let kind = if assertion.not { format!("not-{}", assertion.kind) } else { assertion.kind.clone() };
    AssertionView {
        kind,
        value: assertion.value,
        because: assertion.because,
        spec: serde_json::Value::Object(assertion.spec.into_iter().collect()).to_string(),
    }
}

/// A word as a shell takes it.
fn shell_word(text: &str) -> String {
    shell_words::quote(text).into_owned()
}

/// What a check gives besides its document.
pub struct CheckOutcome {
    /// The document.
    pub check: Check,
    /// Lines for GitHub Actions.
    pub annotations: Vec<String>,
    /// The provider's failure that kept a case from being judged.
    pub provider_error: Option<ApiError>,
}

/// Checks golden sets.
///
/// # Errors
/// `RTK-G001` for a folder that is no set; those of a live run before anything is sent.
pub async fn check(core: Arc<Core>, request: CheckRequest) -> Result<Check, ApiError> {
    Ok(check_with_annotations(core, request).await?.check)
}

/// Checks golden sets, for the command line.
///
/// # Errors
/// As [`check`].
pub async fn check_with_annotations(core: Arc<Core>, request: CheckRequest) -> Result<CheckOutcome, ApiError> {
    let dirs: Vec<PathBuf> = request.sets.iter().map(PathBuf::from).collect();
    let sets = core.blocking(move |_| Ok(golden::load(&dirs)?)).await?;
    let options = CheckOptions {
        threshold: request.threshold,
        baseline: request.baseline.as_ref().map(PathBuf::from),
        update_baseline: request.update_baseline,
    };
    let attempts = if request.live {
        Some(live_attempts(&core, &sets, &request).await?)
    } else if let Some(run) = request.takes.clone() {
        Some(core.blocking(move |core| attempts_of_run(core, &run)).await?)
    } else {
        None
    };
    let live = request.live;
    let report = core
        .blocking(move |_| {
            let of_case = |case: &LoadedCase| attempts.as_ref().map(|attempts| attempts.of(case)).unwrap_or_default();
            let answers = match (&attempts, live) {
                (None, _) => Answers::Recorded,
                (Some(_), true) => Answers::Live(&of_case),
                (Some(_), false) => Answers::Takes(&of_case),
            };
            Ok(golden::check(&sets, &options, &answers)?)
        })
        .await?;
    write_outputs(&report, &request)?;
    let here = std::env::current_dir().ok();
    let relative = |file: &str| {
        let path = Path::new(file);
        here.as_ref().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path).display().to_string()
    };
    let annotations = golden::output::github::print(&report, &relative).lines().map(str::to_owned).collect();
    let failed = report.sets.iter().flat_map(|set| &set.cases).find_map(|case| case.error.clone());
    let provider_error = failed.map(|error| ApiError::new(error.code, error.message));
    Ok(CheckOutcome { check: check_view(report), annotations, provider_error })
}

fn write_outputs(report: &CheckReport, request: &CheckRequest) -> Result<(), ApiError> {
    if let Some(path) = &request.junit {
        write_text(Path::new(path), &golden::output::junit::print(report).map_err(ApiError::internal)?)?;
    }
    if let Some(path) = &request.markdown {
        write_text(Path::new(path), &golden::output::markdown::print(report))?;
    }
    Ok(())
}

fn write_text(path: &Path, text: &str) -> Result<(), ApiError> {
    write_whole(path, |out| {
        out.write_all(text.as_bytes())
            .map_err(|why| ApiError::new(Code::OutputUnwritable, format!("{why}: {}", path.display())))
    })
}

/// Answers by the case that they belong to.
#[derive(Default)]
struct Attempts {
    by_case: BTreeMap<String, Vec<Attempt>>,
    by_span: BTreeMap<(Option<String>, Option<String>), Vec<Attempt>>,
}

impl Attempts {
    fn of(&self, case: &LoadedCase) -> Vec<Attempt> {
        if let Some(attempts) = self.by_case.get(&key_of(case)) {
            return attempts.clone();
        }
        let origin = case.case.origin.as_ref();
        let span = origin.map(|origin| (origin.trace_id.clone(), origin.span_id.clone()));
        span.and_then(|span| self.by_span.get(&span)).cloned().unwrap_or_default()
    }
}

/// Cases of several sets may share an id; the file tells them apart.
fn key_of(case: &LoadedCase) -> String {
    case.path.display().to_string()
}

async fn live_attempts(
    core: &Arc<Core>,
    sets: &[golden::LoadedSet],
    request: &CheckRequest,
) -> Result<Attempts, ApiError> {
    let cases: Vec<(retake_replay::Source, String)> = sets
        .iter()
        .flat_map(|set| &set.cases)
        .map(|case| {
            let mut source = retake_replay::Source::of_request(case.case.request.clone(), None);
            source.documents = case
                .documents
                .as_ref()
                .map(|documents| documents.iter().map(document_of).collect())
                .unwrap_or_default();
            source.prompt_variables = case.case.variables.clone();
            (source, key_of(case))
        })
        .collect();
    if cases.is_empty() {
        return Ok(Attempts::default());
    }
    let variants = if request.variants.is_empty() {
        sets.iter()
            .filter_map(|set| set.file.variant.clone())
            .map(|spec| crate::dto::replay::VariantInput {
                name: None,
                spec: Some(spec),
                messages: Vec::new(),
                params: None,
            })
            .collect()
    } else {
        request.variants.clone()
    };
    let run = ReplayRequest {
        ids: Vec::new(),
        query: None,
        request: None,
        variants,
        plan: None,
        repeats: request.repeats,
        max_usd: request.max_usd,
        concurrency: None,
        accept_fidelity: None,
        allow_destinations: request.allow_destinations.clone(),
        allow_unpriced: request.allow_unpriced,
    };
    let results = replay::run_cases(Arc::clone(core), cases, run).await?;
    let mut attempts = Attempts::default();
    for (case, attempt) in results {
        attempts.by_case.entry(case).or_default().push(attempt);
    }
    Ok(attempts)
}

fn document_of(facts: &DocumentFacts) -> retake_model::Document {
    retake_model::Document {
        document_id: facts.document_id.clone(),
        version: facts.version.clone(),
        content: facts.content.clone(),
        ..retake_model::Document::default()
    }
}

fn attempts_of_run(core: &Core, run: &str) -> Result<Attempts, ApiError> {
    let mut attempts = Attempts::default();
    for take in replay::latest_takes(core, run)? {
        let key = (take.take.trace_id.clone(), take.take.span_id.clone());
        attempts.by_span.entry(key).or_default().push(replay::attempt_of(&take));
    }
    Ok(attempts)
}

fn check_view(report: CheckReport) -> Check {
    let sets = report.sets.into_iter().map(|set| SetResult {
        name: set.name,
        path: set.dir,
        score: set.score,
        threshold: set.threshold,
        verdict: set.verdict.as_str().to_owned(),
        cases: set.cases.into_iter().map(case_view).collect(),
        regressions: set.regressions,
        errors: set.errors.into_iter().map(file_error).collect(),
        reasons: set.reasons,
    });
    Check { verdict: report.verdict.as_str().to_owned(), sets: sets.collect() }
}

fn case_view(case: golden::check::CaseReport) -> CaseResult {
    let assertions = case.assertions.into_iter().map(|assertion| AssertionResult {
        kind: if assertion.not { format!("not-{}", assertion.kind) } else { assertion.kind },
        value: assertion.value,
        passed: assertion.passed,
        score: assertion.score,
        reason: assertion.reason,
        evidence: assertion.evidence.into_iter().map(|range| [range.start, range.end]).collect(),
    });
    CaseResult {
        case_id: case.case_id,
        verdict: case.verdict.as_str().to_owned(),
        score: case.score,
        flaky: case.flaky,
        variant: case.variant,
        error: case.error.map(|error| format!("{} {}", error.code, error.message)),
        assertions: assertions.collect(),
        answer: case.answer,
    }
}

fn file_error(error: golden::FileError) -> FileError {
    FileError {
        code: error.code.as_str().to_owned(),
        file: error.file,
        line: error.line,
        column: error.column,
        message: error.message,
    }
}

/// The form of a file that people write.
///
/// # Errors
/// `RTK-A001` for a name that is none of [`FILE_SCHEMAS`].
pub async fn file_form(_: Arc<Core>, request: NameRequest) -> Result<FileSchema, ApiError> {
    let schema = file_schema(&request.name).ok_or_else(|| {
        ApiError::new(Code::UsageInvalid, format!("there is no form {:?}", request.name))
            .with_hint(format!("Use one of {}.", FILE_SCHEMAS.join(", ")))
    })?;
    Ok(FileSchema { schema })
}

/// Writes a case file back if it can be read, and checks its set.
///
/// # Errors
/// `RTK-S010` for a case that the set does not have, `RTK-G003` for a text that is no case.
pub async fn case_save(core: Arc<Core>, request: CaseSaveRequest) -> Result<Check, ApiError> {
    let set = request.set.clone();
    core.blocking(move |_| {
        let sets = golden::load(&[PathBuf::from(&request.set)])?;
        let path = sets
            .iter()
            .flat_map(|set| &set.cases)
            .find(|case| case.case.id == request.case_id)
            .map(|case| case.path.clone());
        let path =
            path.ok_or_else(|| ApiError::new(Code::IdUnknown, format!("the set has no case {:?}", request.case_id)))?;
        golden::case::parse(&request.text).map_err(|(message, line, column)| {
            ApiError::new(Code::CaseUnreadable, format!("{message} (line {line}, column {column})"))
        })?;
        write_text(&path, &request.text)
    })
    .await?;
    let request = CheckRequest {
        sets: vec![set],
        live: false,
        variants: Vec::new(),
        takes: None,
        threshold: None,
        baseline: None,
        update_baseline: false,
        repeats: None,
        max_usd: None,
        allow_destinations: Vec::new(),
        allow_unpriced: false,
        junit: None,
        markdown: None,
    };
    check(core, request).await
}
