//! The golden sets that this workspace knows, and their cases as people read them.

use super::{assertion_view, file_error};
use crate::dto::Empty;
use crate::dto::check::{
    CaseDocumentView, CaseMessage, CaseRead, CaseTextRequest, CaseView, FileError, GoldenAddRequest, GoldenCaseView,
    GoldenSetView, GoldenSets,
};
use crate::{ApiError, Core};
use retake_golden::baseline::{Accepted, Baseline};
use retake_golden::{self as golden, Case, CaseDocument, GoldenError, LoadedCase};
use retake_model::{Code, Coded as _, Part};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the folders of golden sets are remembered.
const SETS_SETTING: &str = "golden.sets";

fn remembered(core: &Core) -> Result<Vec<String>, ApiError> {
    let text = core.workspace()?.setting(SETS_SETTING)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

pub(super) fn remember_set(core: &Core, set: &Path) -> Result<(), ApiError> {
    let path = std::path::absolute(set).map_err(ApiError::internal)?.display().to_string();
    let mut sets = remembered(core)?;
    if !sets.contains(&path) {
        sets.push(path);
        let text = serde_json::to_string(&sets).map_err(ApiError::internal)?;
        core.workspace()?.set_setting(SETS_SETTING, Some(&text))?;
        core.host().emit("workspace", "golden");
    }
    Ok(())
}

/// Golden sets that this workspace knows. A folder that is gone is told as an error of its set.
///
/// # Errors
/// Those of the database.
pub async fn golden_list(core: Arc<Core>, _: Empty) -> Result<GoldenSets, ApiError> {
    core.blocking(sets_view).await
}

fn sets_view(core: &Core) -> Result<GoldenSets, ApiError> {
    Ok(GoldenSets { sets: remembered(core)?.into_iter().map(set_view).collect() })
}

fn set_view(path: String) -> GoldenSetView {
    let trouble = |why: GoldenError| {
        let code = why.code().as_str().to_owned();
        FileError { code, file: path.clone(), line: None, column: None, message: why.to_string() }
    };
    let set = match golden::load(&[PathBuf::from(&path)]) {
        Ok(loaded) => loaded.into_iter().next(),
        Err(why) => {
            let errors = vec![trouble(why)];
            return GoldenSetView { name: path.clone(), path, cases: Vec::new(), errors };
        }
    };
    let Some(set) = set else {
        return GoldenSetView { name: path.clone(), path, cases: Vec::new(), errors: Vec::new() };
    };
    let mut errors: Vec<FileError> = set.errors.into_iter().map(file_error).collect();
    let baseline = golden::baseline::read(&set.dir.join(golden::set::BASELINE)).unwrap_or_else(|why| {
        errors.push(trouble(why));
        None
    });
    let cases = set.cases.iter().map(|case| case_file(case, baseline.as_ref())).collect();
    GoldenSetView { name: set.file.name, path, cases, errors }
}

fn case_file(case: &LoadedCase, baseline: Option<&Baseline>) -> GoldenCaseView {
    let verdict = |accepted: &Accepted| if accepted.is_pass() { "pass" } else { "fail" };
    GoldenCaseView {
        case_id: case.case.id.clone(),
        path: case.path.display().to_string(),
        text: std::fs::read_to_string(&case.path).unwrap_or_default(),
        n_assertions: u32::try_from(case.assertions.len()).unwrap_or(u32::MAX),
        baseline: baseline.and_then(|known| known.cases.get(&case.case.id)).map(|known| verdict(known).to_owned()),
    }
}

/// Remembers a folder of golden cases.
///
/// # Errors
/// `RTK-G001` for a folder that is no set.
pub async fn golden_add(core: Arc<Core>, request: GoldenAddRequest) -> Result<GoldenSets, ApiError> {
    core.blocking(move |core| {
        let path = PathBuf::from(&request.path);
        golden::load(std::slice::from_ref(&path))?;
        remember_set(core, &path)?;
        sets_view(core)
    })
    .await
}

/// A text that is to be a case, as people read it, or what is wrong with it.
///
/// # Errors
/// None of its own.
pub async fn case_parse(core: Arc<Core>, request: CaseTextRequest) -> Result<CaseRead, ApiError> {
    core.blocking(move |_| {
        Ok(match golden::case::parse(&request.text) {
            Ok(case) => CaseRead { errors: Vec::new(), case: Some(case_view(case)) },
            Err((message, line, column)) => {
                let code = Code::CaseUnreadable.as_str().to_owned();
                let file = String::new();
                let error = FileError { code, file, line: Some(line), column: Some(column), message };
                CaseRead { errors: vec![error], case: None }
            }
        })
    })
    .await
}

fn case_view(case: Case) -> CaseView {
    let origin = case.origin.unwrap_or_default();
    let messages = case.request.messages.iter().map(|message| CaseMessage {
        role: message.role.as_str().to_owned(),
        text: message.parts.iter().map(Part::plain_text).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n"),
    });
    let document = |document: CaseDocument| CaseDocumentView {
        document_id: document.id,
        version: document.version,
        placed: document.placed,
        content: document.content,
    };
    CaseView {
        name: case.name,
        tags: case.tags,
        why: origin.why,
        source: origin.source,
        trace_id: origin.trace_id,
        span_id: origin.span_id,
        take_id: origin.take_id,
        model: case.request.model.clone(),
        messages: messages.collect(),
        tools: case.request.tools.iter().map(|tool| tool.name.clone()).collect(),
        documents: case.documents.map(|all| all.into_iter().map(document).collect()),
        assertions: case.assertions.iter().map(|one| assertion_view(one.into())).collect(),
    }
}
