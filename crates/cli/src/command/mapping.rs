//! `mapping`: a proposal for a log, and what a mapping makes of its first records.

use crate::args::Mapping;
use crate::output::Output;
use retake_api::dto::mapping::{MappingPreview, MappingSample, MappingSampleRequest, PreviewRow};
use retake_api::handlers::mapping::{preview_now, read_mapping, sample_now, save_now, save_request};
use retake_api::{ApiError, Core};
use retake_model::{Exit, counted};
use std::fmt::Write;
use std::sync::Arc;

/// Characters of a value in a line for people.
const VALUE_CHARS: usize = 60;

/// `retake mapping`.
pub async fn run(core: Arc<Core>, command: &Mapping, output: &Output) -> Result<Exit, ApiError> {
    match command {
        Mapping::Suggest { file, kind, delimiter, output: to, replace } => {
            let request = MappingSampleRequest { path: file.clone(), kind: kind.clone(), delimiter: delimiter.clone() };
            let sample = core.blocking(move |_| sample_now(&request)).await?;
            let saved = match to {
                Some(path) => Some(save_now(&save_request(path, &sample, *replace))?),
                None => None,
            };
            output.document("mapping-suggest", &sample, |text| match saved {
                Some(saved) => {
                    let _ = writeln!(text, "kept in {}", saved.path);
                }
                None => write_sample(text, &sample),
            });
        }
        Mapping::Preview { file, map, limit } => {
            let (file, map, limit) = (file.clone(), map.clone(), *limit);
            let preview = core.blocking(move |_| preview(&file, map.as_deref(), limit)).await?;
            output.document("mapping-preview", &preview, |text| write_preview(text, &preview));
        }
    }
    Ok(Exit::Done)
}

fn preview(file: &str, map: Option<&str>, limit: u64) -> Result<MappingPreview, ApiError> {
    let mapping = match map {
        Some(map) => read_mapping(map)?,
        None => {
            let request = MappingSampleRequest { path: file.to_owned(), kind: None, delimiter: None };
            retake_api::handlers::mapping::proposal(&sample_now(&request)?)?
        }
    };
    preview_now(file, &mapping, Some(limit))
}

/// A mapping file; what was seen stands in its comments.
fn write_sample(text: &mut String, sample: &MappingSample) {
    let _ = writeln!(text, "# {}: {} of {}", sample.path, counted(sample.records, "record"), sample.form);
    for column in &sample.columns {
        let examples: Vec<String> = column.examples.iter().map(|example| short(example)).collect();
        let _ = writeln!(
            text,
            "#   {:<28} {:<8} {:>3} of {}  {}",
            column.path,
            column.looks,
            column.filled,
            sample.records,
            examples.join(" | ")
        );
    }
    text.push_str(&sample.text);
}

fn write_preview(text: &mut String, preview: &MappingPreview) {
    let _ = writeln!(text, "{}  ({}, {})", preview.path, preview.kind, preview.format);
    for row in &preview.rows {
        write_row(text, row);
    }
    for warning in &preview.warnings {
        let _ = writeln!(text, "warning {}: {}", warning.code, warning.message);
    }
    if !preview.missing.is_empty() {
        let _ = writeln!(text, "no record has {}", preview.missing.join(", "));
    }
    let more = if preview.more { "; the file goes on" } else { "" };
    let _ = writeln!(text, "{}{more}", counted(preview.rows.len() as u64, "record"));
}

fn write_row(text: &mut String, row: &PreviewRow) {
    let place = row.line.map_or_else(|| format!("byte {}", row.byte_offset), |line| format!("line {line}"));
    if !row.understood {
        let _ = writeln!(text, "{place}: kept as it came: {}", short(&row.record));
    } else {
        let cells: Vec<String> =
            row.cells.iter().map(|cell| format!("{}={}", cell.field, short(&cell.value))).collect();
        let _ = writeln!(text, "{place}: {}", cells.join("  "));
    }
    for warning in &row.warnings {
        let _ = writeln!(text, "  warning {}: {}", warning.code, warning.message);
    }
}

/// On one line, cut, with nothing that could steer a terminal.
fn short(value: &str) -> String {
    let mut shown: String = value.chars().take(VALUE_CHARS).collect::<String>().escape_debug().to_string();
    if value.chars().count() > VALUE_CHARS {
        shown.push('…');
    }
    shown
}
