//! `demo`: the main job on the sample, offline. Each step is a command line that is parsed and run as if it were typed,
//! so that what `--print-commands` prints gives the same documents by hand.

use crate::args::Cli;
use crate::output::Output;
use clap::Parser;
use retake_api::{ApiError, Core};
use retake_model::{Code, Exit};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A step: what it is for, the words after `retake`, and the exit status that it is about.
struct Step {
    title: &'static str,
    words: Vec<String>,
    expected: Exit,
}

/// Runs or prints the steps.
pub async fn run(
    core: Arc<Core>,
    print_commands: bool,
    workspace: &Path,
    json: bool,
    output: &Output,
) -> Result<Exit, ApiError> {
    let sample = core
        .host()
        .sample_folder()
        .ok_or_else(|| ApiError::new(Code::InputUnreadable, "the sample is not installed beside the program"))?;
    let steps = steps(&sample, workspace)?;
    if print_commands {
        for step in &steps {
            output.plain(&format!("# {}\n{}", step.title, line(workspace, &step.words)));
        }
        return Ok(Exit::Done);
    }
    refuse_other_policy(&core, &sample).await?;
    for step in steps {
        output.note(&format!("\n▸ {}\n  {}", step.title, line(workspace, &step.words)));
        let mut words = vec!["retake".to_owned(), "--workspace".to_owned(), workspace.display().to_string()];
        if json {
            words.push("--json".to_owned());
        }
        words.extend(step.words);
        let cli = Cli::try_parse_from(words).map_err(|why| ApiError::internal(why.to_string()))?;
        let exit = match Box::pin(super::run_on(Arc::clone(&core), &cli, output)).await {
            Ok(exit) => exit,
            // A second demo finds its case in place.
            Err(error) if error.code == Code::CaseExists => {
                output.note(&format!("  {}", error.message));
                Exit::Done
            }
            Err(error) => return Err(error),
        };
        if exit != step.expected {
            return Err(ApiError::internal(format!(
                "{:?} ended with {} and not {}",
                step.title, exit as u8, step.expected as u8
            )));
        }
    }
    Ok(Exit::Done)
}

/// A workspace with a policy of its own is somebody's work: the sample's would take its place.
async fn refuse_other_policy(core: &Arc<Core>, sample: &Path) -> Result<(), ApiError> {
    let set = retake_api::handlers::connect::policy_get(Arc::clone(core), retake_api::dto::Empty {}).await?.text;
    let ours = std::fs::read_to_string(sample.join("policy.yaml")).unwrap_or_default();
    if set.as_deref().is_some_and(|text| !text.trim().is_empty() && text != ours) {
        return Err(ApiError::new(
            Code::UsageInvalid,
            "the workspace has a policy of its own, which the demo would replace",
        )
        .with_hint("Leave --workspace out, or name a new file: the demo keeps to a workspace of its own."));
    }
    Ok(())
}

/// A command line as a shell takes it.
fn line(workspace: &Path, words: &[String]) -> String {
    let first = ["--workspace".to_owned(), workspace.display().to_string()];
    let quote = |word: &String| {
        let plain = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:=@,".contains(c));
        if plain { word.clone() } else { format!("'{}'", word.replace('\'', r"'\''")) }
    };
    format!("retake {}", first.iter().chain(words).map(quote).collect::<Vec<_>>().join(" "))
}

/// What the sample says of itself.
struct Story {
    trace_id: String,
    tenant: String,
    culprit: String,
    /// Versions of the prompt as `NAME@VERSION`, with their files.
    prompts: Vec<(String, PathBuf)>,
}

fn story(sample: &Path) -> Result<Story, ApiError> {
    let unreadable = |why: String| ApiError::new(Code::InputUnreadable, format!("the sample cannot be read: {why}"));
    let text = std::fs::read_to_string(sample.join("truth.json")).map_err(|why| unreadable(why.to_string()))?;
    let truth: serde_json::Value = serde_json::from_str(&text).map_err(|why| unreadable(why.to_string()))?;
    let word = |path: &str| {
        truth
            .pointer(path)
            .and_then(serde_json::Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| unreadable(format!("no {path}")))
    };
    let entries = std::fs::read_dir(sample.join("prompts")).map_err(|why| unreadable(why.to_string()))?;
    let mut prompt_files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    prompt_files.sort();
    let named = |file: PathBuf| Some((file.file_stem()?.to_str()?.to_owned(), file));
    Ok(Story {
        trace_id: word("/bad/trace_id")?,
        tenant: word("/bad/tenant")?,
        culprit: word("/culprit/document_id")?,
        prompts: prompt_files.into_iter().filter_map(named).collect(),
    })
}

fn steps(sample: &Path, workspace: &Path) -> Result<Vec<Step>, ApiError> {
    let story = story(sample)?;
    let file = |name: &str| sample.join(name).display().to_string();
    let golden = workspace.with_extension("golden").display().to_string();
    let step = |title: &'static str, words: &[&str]| Step {
        title,
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        expected: Exit::Done,
    };
    let mut steps = vec![
        step(
            "Bring in the traces, the audit log and the recorded answers",
            &["import", &file("traces.jsonl"), &file("audit.jsonl"), &file("recordings.jsonl")],
        ),
        step("Say who may see and do what", &["policy", "set", &file("policy.yaml")]),
    ];
    for (name, file) in &story.prompts {
        steps.push(step("Keep the prompt's versions", &["prompt", "new", name, "--file", &file.display().to_string()]));
    }
    let latest = story.prompts.last().map(|(name, _)| name.as_str()).unwrap_or_default();
    let (fixed, without) = (format!("prompt {latest}"), format!("without {}", story.culprit));
    let as_recorded = "name=as recorded,provider=recorded";
    let with_prompt = format!("name={fixed},provider=recorded,prompt={latest}");
    let without_document = format!("name={without},provider=recorded,drop-doc={}", story.culprit);
    steps.extend([
        step(
            "Find the bad answer",
            &["search", &format!("tenant:{} has:finding", story.tenant), "--facets", "feature,has"],
        ),
        step("Read what the model saw", &["show", &story.trace_id, "--as", "messages"]),
        step("See the documents: rank, version, owner, place in the prompt", &["context", &story.trace_id]),
        step("See who was allowed what", &["show", &story.trace_id, "--as", "audit"]),
        step("List what is wrong", &["findings"]),
        step(
            "Ask again: as it was, without the document, with the new prompt",
            &[
                "replay",
                &story.trace_id,
                "--variant",
                as_recorded,
                "--variant",
                &without_document,
                "--variant",
                &with_prompt,
                "--yes",
            ],
        ),
        step(
            "Read the takes side by side",
            &["compare", "last/as recorded", &format!("last/{without}"), &format!("last/{fixed}")],
        ),
        step(
            "Keep the good answer as a golden case",
            &[
                "promote",
                &format!("last/{fixed}"),
                "--set",
                &golden,
                "--name",
                "the-incident",
                "--reason",
                "the sample incident",
            ],
        ),
        step("Gate on it, as a CI does", &["check", &golden]),
    ]);
    Ok(steps)
}
