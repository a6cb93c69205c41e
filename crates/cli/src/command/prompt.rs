//! `prompt`.

use crate::args::Prompt;
use crate::output::Output;
use retake_api::dto::Empty;
use retake_api::dto::connect::NameRequest;
use retake_api::dto::prompt::{
    PromptDetail, PromptDiffRequest, PromptGetRequest, PromptLabelRequest, PromptNewRequest,
};
use retake_api::{ApiError, Core, handlers};
use retake_model::{Code, Exit, counted};
use std::fmt::Write;
use std::sync::Arc;

/// `retake prompt`.
pub async fn run(core: Arc<Core>, command: &Prompt, output: &Output) -> Result<Exit, ApiError> {
    match command {
        Prompt::List => {
            let list = handlers::prompt::prompts_list(core, Empty {}).await?;
            output.document("prompt", &list, |text| {
                for prompt in &list.prompts {
                    for version in &prompt.versions {
                        let _ = writeln!(
                            text,
                            "{}@{}  {}  {}",
                            prompt.name,
                            version.version,
                            &version.hash,
                            version.labels.join(" ")
                        );
                    }
                }
                for named in &list.named {
                    let traces = counted(named.traces, "trace");
                    let _ = writeln!(text, "{}  in {traces}, its text is not here", named.prompt);
                }
            });
        }
        Prompt::Show { name } => {
            let detail = handlers::prompt::prompt_show(core, NameRequest { name: name.clone() }).await?;
            print_detail(&detail, output);
        }
        Prompt::New { name, file } => {
            let text = super::read_text(file)?;
            let new = handlers::prompt::prompt_new(core, PromptNewRequest { name: name.clone(), text }).await?;
            output.document("prompt-new", &new, |text| {
                let word = if new.created { "made" } else { "already there" };
                let _ = writeln!(text, "{}@{} {word}", new.name, new.version);
            });
        }
        Prompt::Diff { name, a, b } => {
            let diff = handlers::prompt::prompt_diff(
                core,
                PromptDiffRequest { name: name.clone(), a: a.clone(), b: b.clone() },
            )
            .await?;
            output.document("prompt-diff", &diff, |text| {
                for op in &diff.text.ops {
                    if op.op != "equal" {
                        op.a.lines().for_each(|line| {
                            let _ = writeln!(text, "- {line}");
                        });
                        op.b.lines().for_each(|line| {
                            let _ = writeln!(text, "+ {line}");
                        });
                    } else {
                        op.a.lines().for_each(|line| {
                            let _ = writeln!(text, "  {line}");
                        });
                    }
                }
            });
        }
        Prompt::Label { at, label } => {
            let (name, at) = split(at)?;
            let request = PromptLabelRequest { name, at: Some(at), label: label.clone() };
            print_detail(&handlers::prompt::prompt_label(core, request).await?, output);
        }
        Prompt::Rollback { name, label } => {
            let request = PromptLabelRequest { name: name.clone(), at: None, label: label.clone() };
            print_detail(&handlers::prompt::prompt_label(core, request).await?, output);
        }
        Prompt::Get { at } => {
            let (name, at) = split(at)?;
            let prompt = handlers::prompt::prompt_get(core, PromptGetRequest { name, at }).await?;
            output.document("prompt-get", &prompt, |text| text.push_str(&prompt.text));
        }
    }
    Ok(Exit::Done)
}

fn print_detail(detail: &PromptDetail, output: &Output) {
    output.document("prompt-show", detail, |text| {
        for version in &detail.versions {
            let used = |n: Option<u64>, word: &str| counted(n.unwrap_or(0), word);
            let _ = writeln!(
                text,
                "{}@{}  {}, {}  {}",
                detail.name,
                version.version,
                used(version.traces, "trace"),
                used(version.takes, "take"),
                version.labels.join(" ")
            );
        }
        for change in &detail.moves {
            let word = |version: Option<u32>| version.map_or_else(|| "nothing".to_owned(), |n| n.to_string());
            let _ = writeln!(
                text,
                "{}  {}: {} → {}",
                super::search::time(change.at_ns.0),
                change.label,
                word(change.from_version),
                word(change.to_version)
            );
        }
    });
}

fn split(at: &str) -> Result<(String, String), ApiError> {
    match at.rsplit_once('@') {
        Some((name, version)) if !name.is_empty() && !version.is_empty() => Ok((name.to_owned(), version.to_owned())),
        _ => Err(ApiError::new(Code::UsageInvalid, format!("{at:?} is not of the form NAME@VERSION"))),
    }
}
