//! The same laws over real recordings, which are not part of the repository: skipped where they are not at hand.

use retake_wire::{StreamEnd, api};
use serde_json::Value;
use std::path::{Path, PathBuf};

const FOLDERS: [&str; 8] = [
    "formats/data/openai-chat",
    "formats/data/anthropic-messages",
    "formats/data/openai-compatible",
    "formats/data/vcr",
    "formats/data/vcr-json",
    "formats/data/har",
    "formats/data/litellm",
    "real/incident",
];

fn shared() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    if !folder.is_dir() {
        retake_testkit::skip("recordings", "the recordings are not at hand");
        return None;
    }
    Some(folder)
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
    found.sort();
}

/// Every JSON object in a value that is a request, JSON texts within texts included.
fn bodies(value: &Value, is_it: &dyn Fn(&Value) -> bool, found: &mut Vec<Value>) {
    if is_it(value) {
        found.push(value.clone());
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| bodies(item, is_it, found)),
        Value::Object(object) => object.values().for_each(|value| bodies(value, is_it, found)),
        Value::String(text) if text.trim_start().starts_with('{') => {
            if let Ok(value) = serde_json::from_str(text) {
                bodies(&value, is_it, found);
            }
        }
        _ => {}
    }
}

fn values_of(path: &Path) -> Vec<Value> {
    let Ok(text) = std::fs::read_to_string(path) else { return Vec::new() };
    match path.extension().and_then(|e| e.to_str()) {
        Some("json" | "har") => serde_json::from_str(&text).into_iter().collect(),
        Some("jsonl") => text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(),
        Some("yaml" | "yml") => serde_saphyr::from_str(&text).into_iter().collect(),
        _ => Vec::new(),
    }
}

#[test]
fn real_requests_go_out_as_they_came() {
    let Some(shared) = shared() else { return };
    let mut counts = std::collections::BTreeMap::new();
    for folder in FOLDERS {
        let mut paths = Vec::new();
        files(&shared.join(folder), &mut paths);
        for path in paths {
            let mut found = Vec::new();
            values_of(&path)
                .iter()
                .for_each(|value| bodies(value, &|body| api::detect_request(body).is_some(), &mut found));
            for body in found {
                let api = api::detect_request(&body).expect("it was detected");
                match (api.decode_request)(&body) {
                    Ok(request) => {
                        assert_eq!((api.encode_request)(&request).body, body, "{}", path.display());
                        *counts.entry((folder, api.name)).or_insert(0) += 1;
                    }
                    Err(why) => eprintln!("{}: {why}", path.display()),
                }
            }
        }
    }
    eprintln!("{counts:?}");
    assert!(counts.values().sum::<i32>() > 50, "{counts:?}");
}

#[test]
fn real_answers_and_streams_are_read() {
    let Some(shared) = shared() else { return };
    let (mut answers, mut streams) = (0, 0);
    for (folder, name) in
        [("openai-chat", "openai"), ("openai-compatible", "openai"), ("anthropic-messages", "anthropic")]
    {
        let api = api::by_name(name).expect("a registered API");
        let mut paths = Vec::new();
        files(&shared.join("formats/data").join(folder), &mut paths);
        for path in paths {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let file = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            if file.ends_with(".chunks.txt") && !file.contains("completion-text") {
                // One event a line, as they were taken out of a stream.
                let stream: String = text
                    .lines()
                    .filter(|line| !line.trim().is_empty())
                    .map(|line| format!("data: {line}\n\n"))
                    .collect();
                let mut decoder = (api.stream)();
                decoder.push(stream.as_bytes(), &mut Vec::new()).unwrap_or_else(|why| panic!("{file}: {why}"));
                let answer = decoder.finish(StreamEnd::Closed).unwrap_or_else(|cut| *cut.answer);
                assert!(!answer.parts.is_empty() || answer.finish_reason.is_some(), "{file} gave nothing");
                streams += 1;
            } else if let Ok(body) = serde_json::from_str::<Value>(&text)
                && (api.looks_like_answer)(&body)
            {
                let answer = (api.decode_answer)(&body).unwrap_or_else(|why| panic!("{file}: {why}"));
                assert!(answer.finish_reason.is_some() && !answer.usage.is_empty(), "{file}");
                answers += 1;
            }
        }
    }
    eprintln!("{answers} answers, {streams} streams");
    assert!(answers >= 20 && streams >= 15, "{answers} answers, {streams} streams");
}

#[test]
fn a_real_price_map_is_read() {
    let Some(shared) = shared() else { return };
    let path = shared.join("formats/data/pricing/litellm-model_prices_and_context_window.json");
    let table =
        retake_wire::PriceTable::parse(&std::fs::read_to_string(path).expect("readable"), "map").expect("a price map");
    assert!(table.rows().len() > 1000, "{}", table.rows().len());
    // The table entered by hand agrees with it where both name a model.
    let usage = retake_model::Usage::from_exclusive(Some(1000), Some(1000), Some(1000), None);
    let mut agreed = 0;
    for row in retake_wire::PriceTable::builtin().rows().iter().filter(|row| row.rates.output.is_some()) {
        let theirs = table.rows().iter().find(|other| {
            other.model == row.model
                || other.model.ends_with(&format!("/{}", row.model))
                    && other.model.split('/').count() == 2
                    && ["gemini/", "mistral/", "deepseek/", "voyage/"].iter().any(|p| other.model.starts_with(p))
        });
        let Some(theirs) = theirs else { continue };
        assert_eq!(row.cost_usd_nanos(&usage), theirs.cost_usd_nanos(&usage), "{}", row.model);
        agreed += 1;
    }
    assert!(agreed >= 30, "{agreed}");
}
