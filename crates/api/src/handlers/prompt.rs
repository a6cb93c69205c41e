//! Prompts: immutable versions, labels that move and roll back.

use super::replay::read_plan;
use crate::dto::connect::NameRequest;
use crate::dto::prompt::{
    LabelMoveView, NamedPrompt, Prompt, PromptDetail, PromptDiff, PromptDiffRequest, PromptGetRequest,
    PromptLabelRequest, PromptNew, PromptNewRequest, PromptText, PromptVersion, Prompts,
};
use crate::dto::{Empty, Ns};
use crate::{ApiError, Core};
use retake_model::Code;
use retake_query::Field;
use retake_replay::run::Plan;
use retake_store::{LabelMove, PromptVersionRow, StoreError, Workspace};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
        let is_here = |name: &str| prompts.iter().any(|prompt| prompt.name == name);
        let counted = core.workspace()?.values_of(Field::Prompt.name(), "", usize::MAX)?;
        let named = counted.into_iter().filter(|(prompt, _)| {
            let name = prompt.rsplit_once('@').map_or(prompt.as_str(), |(name, _)| name);
            !prompt.is_empty() && !is_here(name) && !is_here(prompt)
        });
        let named = named.map(|(prompt, traces)| NamedPrompt { prompt, traces }).collect();
        Ok(Prompts { prompts, named })
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
    let moves = workspace.label_moves(name)?;
    let traces: HashMap<String, u64> =
        workspace.values_of("prompt", &format!("{name}@"), usize::MAX)?.into_iter().collect();
    let takes = takes_by_version(workspace, name, &moves)?;
    for version in &mut versions {
        version.traces = Some(traces.get(&format!("{name}@{}", version.version)).copied().unwrap_or(0));
        let used = takes.get(&version.version);
        version.takes = Some(used.map_or(0, |used| used.takes));
        version.runs = used.map(|used| used.runs.values().rev().flatten().cloned().collect()).unwrap_or_default();
    }
    let moves = moves.into_iter().map(|row| LabelMoveView {
        label: row.label,
        from_version: row.from_version,
        to_version: row.to_version,
        at_ns: Ns(row.at_ns),
    });
    Ok(PromptDetail { name: name.to_owned(), versions, moves: moves.collect() })
}

/// What was answered under a version.
#[derive(Default)]
struct Used {
    takes: u64,
    /// Runs by their start.
    runs: BTreeMap<i64, BTreeSet<String>>,
}

/// Answered takes by the version that their variant named: by number, or by a label as it stood when the run began.
fn takes_by_version(workspace: &Workspace, name: &str, moves: &[LabelMove]) -> Result<HashMap<u32, Used>, ApiError> {
    let runs: HashMap<String, (i64, Plan)> = workspace
        .runs()?
        .into_iter()
        .filter_map(|run| Some((run.run_id.clone(), (run.started_ns, read_plan(&run)?))))
        .collect();
    let mut takes = HashMap::<u32, Used>::new();
    for (run_id, variant, n) in workspace.answered_takes()? {
        let Some((started_ns, plan)) = runs.get(&run_id) else { continue };
        let used = plan.variants.iter().find(|other| other.name == variant).and_then(|other| other.prompt.as_ref());
        let Some((_, at)) = used.filter(|(used, _)| used == name) else { continue };
        let version = at.parse().ok().or_else(|| {
            let stood = moves.iter().filter(|change| change.label == *at && change.at_ns <= *started_ns);
            stood.max_by_key(|change| change.at_ns).and_then(|change| change.to_version)
        });
        if let Some(version) = version {
            let used = takes.entry(version).or_default();
            used.takes += n;
            used.runs.entry(*started_ns).or_default().insert(run_id);
        }
    }
    Ok(takes)
}

/// Adds a version; the same text makes none.
///
/// # Errors
/// `RTK-A001` for a name that could not be written as `NAME@VERSION`.
pub async fn prompt_new(core: Arc<Core>, request: PromptNewRequest) -> Result<PromptNew, ApiError> {
    core.blocking(move |core| {
        let (name, number) = match request.name.trim().rsplit_once('@') {
            Some((name, number)) if number.parse::<u32>().is_ok_and(|number| number > 0) => (name, number.parse().ok()),
            _ => (request.name.trim(), None),
        };
        if name.is_empty() || name.contains(['@', ',', '\n']) {
            return Err(ApiError::new(Code::UsageInvalid, format!("{name:?} cannot be the name of a prompt"))
                .with_hint("Use letters, digits, dots and dashes; NAME@7 gives the version its number."));
        }
        if request.text.trim().is_empty() {
            return Err(
                ApiError::new(Code::UsageInvalid, "the prompt is empty").with_hint("Give the text of the template.")
            );
        }
        let workspace = core.workspace()?;
        let before = workspace.prompts()?.iter().filter(|row| row.name == name).count();
        let row = workspace.add_prompt_version(name, &request.text, number, core.host().now_ns())?;
        let row = row.ok_or_else(|| {
            let number = number.unwrap_or_default();
            ApiError::new(Code::UsageInvalid, format!("{name} has a version {number} or a later one, of another text"))
                .with_hint("Versions do not change: leave the number out, or give one above all others.")
        })?;
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
        traces: None,
        takes: None,
        runs: Vec::new(),
    }
}
