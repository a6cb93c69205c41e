//! Prompts: immutable versions, labels that move and roll back.

use crate::dto::connect::NameRequest;
use crate::dto::prompt::{
    LabelMoveView, Prompt, PromptDetail, PromptDiff, PromptDiffRequest, PromptGetRequest, PromptLabelRequest,
    PromptNew, PromptNewRequest, PromptText, PromptVersion, Prompts,
};
use crate::dto::{Empty, Ns};
use crate::{ApiError, Core};
use retake_model::Code;
use retake_store::{PromptVersionRow, StoreError, Workspace};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// All prompts by name.
///
/// # Errors
/// Those of the database.
pub async fn prompts_list(core: Arc<Core>, _: Empty) -> Result<Prompts, ApiError> {
    core.blocking(|core| {
        let mut prompts: Vec<Prompt> = Vec::new();
        for row in core.workspace()?.prompts()? {
            let version = version(&row, false);
            match prompts.last_mut().filter(|prompt| prompt.name == row.name) {
                Some(prompt) => prompt.versions.insert(0, version),
                None => prompts.push(Prompt { name: row.name, versions: vec![version] }),
            }
        }
        Ok(Prompts { prompts })
    })
    .await
}

/// One prompt in full.
///
/// # Errors
/// `RTK-R013` for an unknown name.
pub async fn prompt_show(core: Arc<Core>, request: NameRequest) -> Result<PromptDetail, ApiError> {
    core.blocking(move |core| detail(core, &request.name)).await
}

fn detail(core: &Core, name: &str) -> Result<PromptDetail, ApiError> {
    let workspace = core.workspace()?;
    let mut versions: Vec<PromptVersion> =
        workspace.prompts()?.iter().filter(|row| row.name == name).map(|row| version(row, true)).collect();
    if versions.is_empty() {
        return Err(ApiError::new(Code::PromptUnknown, format!("there is no prompt {name:?}")));
    }
    versions.reverse();
    let moves = workspace.label_moves(name)?.into_iter().map(|row| LabelMoveView {
        label: row.label,
        from_version: row.from_version,
        to_version: row.to_version,
        at_ns: Ns(row.at_ns),
    });
    Ok(PromptDetail { name: name.to_owned(), versions, moves: moves.collect() })
}

/// Adds a version; the same text makes none.
///
/// # Errors
/// `RTK-A001` for a name that could not be written as `NAME@VERSION`.
pub async fn prompt_new(core: Arc<Core>, request: PromptNewRequest) -> Result<PromptNew, ApiError> {
    core.blocking(move |core| {
        let name = request.name.trim();
        if name.is_empty() || name.contains(['@', ',', '\n']) {
            return Err(ApiError::new(Code::UsageInvalid, format!("{name:?} cannot be the name of a prompt"))
                .with_hint("Use letters, digits, dots and dashes."));
        }
        if request.text.trim().is_empty() {
            return Err(
                ApiError::new(Code::UsageInvalid, "the prompt is empty").with_hint("Give the text of the template.")
            );
        }
        let workspace = core.workspace()?;
        let before = workspace.prompts()?.iter().filter(|row| row.name == name).count();
        let row = workspace.add_prompt_version(name, &request.text, core.host().now_ns())?;
        let after = workspace.prompts()?.iter().filter(|row| row.name == name).count();
        core.host().emit("workspace", "prompts");
        Ok(PromptNew { name: row.name, version: row.version, hash: row.hash, created: after > before })
    })
    .await
}

/// A version's text.
///
/// # Errors
/// `RTK-R013` for an unknown prompt, version or label.
pub async fn prompt_get(core: Arc<Core>, request: PromptGetRequest) -> Result<PromptText, ApiError> {
    core.blocking(move |core| {
        let row = core.workspace()?.prompt_version(&request.name, &request.at)?;
        Ok(PromptText { name: row.name, version: row.version, text: row.text })
    })
    .await
}

/// Two versions by lines.
///
/// # Errors
/// `RTK-R013` for an unknown prompt, version or label.
pub async fn prompt_diff(core: Arc<Core>, request: PromptDiffRequest) -> Result<PromptDiff, ApiError> {
    core.blocking(move |core| {
        let workspace = core.workspace()?;
        let a = workspace.prompt_version(&request.name, &request.a)?;
        let b = workspace.prompt_version(&request.name, &request.b)?;
        let text = retake_compare::diff_lines(&a.text, &b.text);
        Ok(PromptDiff { name: request.name, a: a.version, b: b.version, text: text.into() })
    })
    .await
}

/// Moves a label, or rolls it back: to the version before in its history, and again to the one before that.
///
/// # Errors
/// `RTK-R013` for an unknown prompt, version or label, and for a label that stood on no version before.
pub async fn prompt_label(core: Arc<Core>, request: PromptLabelRequest) -> Result<PromptDetail, ApiError> {
    core.blocking(move |core| {
        let workspace = core.workspace()?;
        let now_ns = core.host().now_ns();
        match &request.at {
            Some(at) => {
                if request.label.parse::<u32>().is_ok() || request.label.trim().is_empty() {
                    return Err(ApiError::new(Code::UsageInvalid, format!("{:?} cannot be a label", request.label))
                        .with_hint("Use a word; a number means a version."));
                }
                let row = workspace.prompt_version(&request.name, at)?;
                workspace.set_label(&request.name, &request.label, row.version, now_ns)?;
            }
            None => roll_back(workspace, &request.name, &request.label, now_ns)?,
        }
        core.host().emit("workspace", "prompts");
        detail(core, &request.name)
    })
    .await
}

/// What a rollback left before a label. The label's moves are a history that only grows, and a rollback is a move like
/// another: without this, the next one would lead forward again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct RolledBack {
    /// Moves of the label after the rollback; later ones are by hand.
    n_moves: usize,
    /// Versions that it stood on, oldest first, without those that it was rolled back from; the last is where it stands.
    stood_on: Vec<u32>,
}

fn roll_back(workspace: &Workspace, name: &str, label: &str, now_ns: i64) -> Result<(), ApiError> {
    let setting = format!("prompt.rolled_back.{name}@{label}");
    let mut moves: Vec<Option<u32>> =
        workspace.label_moves(name)?.iter().filter(|row| row.label == label).map(|row| row.to_version).collect();
    moves.reverse();
    if moves.is_empty() {
        return Err(StoreError::PromptUnknown(format!("{name}@{label}")).into());
    }
    let last: Option<RolledBack> = workspace.setting(&setting)?.and_then(|text| serde_json::from_str(&text).ok());
    let RolledBack { n_moves, mut stood_on } = last.unwrap_or_default();
    stood_on.extend(moves.iter().skip(n_moves).flatten());
    stood_on.pop();
    let Some(version) = stood_on.last().copied() else {
        return Err(ApiError::new(Code::PromptUnknown, format!("{name}@{label} stood on no version before this one"))
            .with_hint(format!("`retake prompt show {name}` lists where it stood; `retake prompt label` moves it.")));
    };
    workspace.set_label(name, label, version, now_ns)?;
    let rolled = RolledBack { n_moves: moves.len() + 1, stood_on };
    workspace.set_setting(&setting, Some(&serde_json::to_string(&rolled).map_err(ApiError::internal)?))?;
    Ok(())
}

fn version(row: &PromptVersionRow, with_text: bool) -> PromptVersion {
    PromptVersion {
        version: row.version,
        hash: row.hash.clone(),
        created_ns: Ns(row.created_ns),
        labels: row.labels.clone(),
        text: with_text.then(|| row.text.clone()),
        variables: retake_replay::prompt::variables(&row.text),
    }
}
