//! Mappings: the first records of a file, a proposal for it, what a mapping makes of them, and keeping it as a file. The
//! window looks only into files that were chosen in its dialog, dropped on it or imported before.

mod preview;

use crate::dto::mapping::{
    MappingColumn, MappingDraft, MappingPreview, MappingPreviewRequest, MappingSample, MappingSampleRequest,
    MappingSaveRequest, MappingSaved, MappingTarget,
};
use crate::output::write_whole;
use crate::{ApiError, Core};
use retake_formats::mapping::columns::{Column, Form, Looks, columns, header, sample};
use retake_formats::mapping::suggest::suggest;
use retake_formats::mapping::{DecimalMark, FieldMapping, Mapping, MappingKind, Need, TIME, Target, TimeMapping};
use retake_ingest::IngestError;
use retake_model::{Code, Coded};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use preview::preview_now;

/// Records that are looked at.
const SAMPLE_RECORDS: usize = 50;

fn api_error(error: &IngestError) -> ApiError {
    ApiError { code: error.code(), message: error.to_string(), hint: error.hint(), span: None }
}

fn invalid(why: impl std::fmt::Display) -> ApiError {
    api_error(&IngestError::Mapping(why.to_string()))
}

/// What a chosen file holds, and a proposal for it.
///
/// # Errors
/// As [`sample_now`]; `RTK-A005` for a file that was not chosen.
pub async fn mapping_sample(core: Arc<Core>, request: MappingSampleRequest) -> Result<MappingSample, ApiError> {
    core.blocking(move |core| {
        core.must_be_chosen(&request.path)?;
        sample_now(&request)
    })
    .await
}

/// What a mapping makes of the first records of a chosen file.
///
/// # Errors
/// As [`preview_now`]; `RTK-A005` for a file that was not chosen.
pub async fn mapping_preview(core: Arc<Core>, request: MappingPreviewRequest) -> Result<MappingPreview, ApiError> {
    core.blocking(move |core| {
        core.must_be_chosen(&request.path)?;
        let mapping = mapping_of(&request.draft)?;
        preview_now(&request.path, &mapping, request.limit)
    })
    .await
}

/// Keeps a mapping as a file.
///
/// # Errors
/// As [`save_now`].
pub async fn mapping_save(core: Arc<Core>, request: MappingSaveRequest) -> Result<MappingSaved, ApiError> {
    core.blocking(move |_| save_now(&request)).await
}

/// What a file holds, and a proposal for it.
///
/// # Errors
/// `RTK-I001` when it cannot be read, `RTK-I002` when it holds no records, `RTK-I028` when its first is too long.
pub fn sample_now(request: &MappingSampleRequest) -> Result<MappingSample, ApiError> {
    let kind = request.kind.as_deref().map(kind_of).transpose()?;
    let probe = MappingDraft { delimiter: request.delimiter.clone(), ..empty_draft() };
    let delimiter = untested(&probe)?.delimiter_byte();
    let first = retake_ingest::first_bytes(&request.path).map_err(|error| api_error(&error))?;
    let sampled = sample(&first.bytes, first.whole, delimiter, SAMPLE_RECORDS)
        .map_err(|why| api_error(&retake_ingest::no_sample(&first.path, why)))?;
    let mut found = columns(&sampled.records);
    let (form, own_delimiter) = match sampled.form {
        Form::Json => ("json", None),
        Form::Table { delimiter } => {
            in_order_of(&mut found, header(&first.bytes, delimiter));
            ("csv", Some(delimiter))
        }
    };
    let mapping = suggest(&sampled.records, &found, kind);
    let text = mapping.to_yaml().map_err(ApiError::internal)?;
    Ok(MappingSample {
        path: first.path.clone(),
        form: form.to_owned(),
        delimiter: own_delimiter.map(delimiter_name),
        records: sampled.records.len() as u64,
        columns: found.into_iter().map(column_view).collect(),
        targets: std::iter::once(&TIME).chain(FieldMapping::TARGETS).map(target_view).collect(),
        draft: draft_of(&mapping),
        text,
        save_as: beside(&request.path).display().to_string(),
    })
}

/// The columns of a table as its header has them, those without a value too.
fn in_order_of(found: &mut Vec<Column>, header: Vec<String>) {
    let known = |found: &[Column], name: &str| found.iter().any(|column| column.path == name);
    for name in &header {
        if !known(found, name) && !name.is_empty() {
            found.push(Column { path: name.clone(), n_filled: 0, looks: Looks::Empty, examples: Vec::new() });
        }
    }
    let place = |path: &str| {
        let own =
            |name: &String| path == name || path.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'));
        header.iter().position(own).unwrap_or(usize::MAX)
    };
    found.sort_by_key(|column| place(&column.path));
}

fn delimiter_name(delimiter: u8) -> String {
    if delimiter == b'\t' { "tab".to_owned() } else { char::from(delimiter).to_string() }
}

/// `logs/chat.csv` and `logs/chat.csv.gz` are mapped by `logs/chat.map.yaml`; a member of an archive too, beside the archive.
fn beside(path: &str) -> PathBuf {
    let (file, member) = path.split_once('!').unwrap_or((path, ""));
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let name = if member.is_empty() { file } else { member };
    let name = name.rsplit(['/', '\\', '!']).next().unwrap_or(name);
    let stem = name.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or("log");
    folder.join(format!("{stem}.map.yaml"))
}

fn kind_of(word: &str) -> Result<MappingKind, ApiError> {
    match word {
        "audit" => Ok(MappingKind::Audit),
        "traces" => Ok(MappingKind::Traces),
        other => Err(invalid(format!("there is no kind {other:?}; there are audit and traces"))),
    }
}

fn column_view(column: Column) -> MappingColumn {
    MappingColumn {
        path: column.path,
        filled: column.n_filled as u64,
        looks: column.looks.as_str().to_owned(),
        examples: column.examples,
    }
}

fn target_view(target: &Target) -> MappingTarget {
    let kinds = [MappingKind::Traces, MappingKind::Audit].into_iter().filter(|kind| target.is_of(*kind));
    let need = match target.need {
        Need::Required => "required",
        Need::OneOf => "one_of",
        Need::Optional => "optional",
    };
    MappingTarget {
        name: target.name.to_owned(),
        about: target.about.to_owned(),
        group: target.group.to_owned(),
        kinds: kinds.map(|kind| kind.as_str().to_owned()).collect(),
        need: need.to_owned(),
    }
}

fn empty_draft() -> MappingDraft {
    MappingDraft {
        kind: "audit".to_owned(),
        delimiter: None,
        decimal: None,
        time_format: None,
        time_zone: None,
        fields: Default::default(),
        values: Default::default(),
        decisions: Default::default(),
    }
}

fn draft_of(mapping: &Mapping) -> MappingDraft {
    let time = mapping.time.clone().unwrap_or(TimeMapping { field: None, format: None, zone: None });
    let named = FieldMapping::TARGETS
        .iter()
        .filter_map(|target| Some((target.name.to_owned(), mapping.fields.get(target.name)?.to_owned())));
    let words = serde_json::to_value(&mapping.decisions).and_then(serde_json::from_value).unwrap_or_default();
    MappingDraft {
        kind: mapping.kind.as_str().to_owned(),
        delimiter: mapping.delimiter.clone(),
        decimal: mapping.decimal.map(|mark| mark.as_str().to_owned()),
        time_format: time.format,
        time_zone: time.zone,
        fields: time.field.map(|field| (TIME.name.to_owned(), field)).into_iter().chain(named).collect(),
        values: mapping.values.clone(),
        decisions: words,
    }
}

fn decimal_of(word: &str) -> Result<DecimalMark, ApiError> {
    DecimalMark::named(word).ok_or_else(|| invalid(format!("decimals stand behind a point or a comma, not {word:?}")))
}

/// The mapping of a draft, checked as its file would be.
fn mapping_of(draft: &MappingDraft) -> Result<Mapping, ApiError> {
    let mapping = untested(draft)?;
    let text = mapping.to_yaml().map_err(invalid)?;
    Mapping::parse(&text).map_err(invalid)
}

fn untested(draft: &MappingDraft) -> Result<Mapping, ApiError> {
    let said = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let mut fields = FieldMapping::default();
    for (name, column) in draft.fields.iter().filter(|(name, column)| *name != TIME.name && !column.is_empty()) {
        if !fields.set(name, Some(column.clone())) {
            return Err(invalid(format!("there is no field {name:?}")));
        }
    }
    let words = serde_json::to_value(&draft.decisions).and_then(serde_json::from_value);
    let time = TimeMapping {
        field: said(&draft.fields.get(TIME.name).cloned()),
        format: said(&draft.time_format),
        zone: said(&draft.time_zone),
    };
    let told = time.field.is_some() || time.format.is_some() || time.zone.is_some();
    Ok(Mapping {
        kind: kind_of(&draft.kind)?,
        // A blank is a delimiter, nothing is none.
        delimiter: draft.delimiter.clone().filter(|text| !text.is_empty()),
        decimal: said(&draft.decimal).map(|word| decimal_of(&word)).transpose()?,
        time: told.then_some(time),
        fields,
        values: draft.values.iter().filter(|(_, text)| !text.is_empty()).map(|(k, v)| (k.clone(), v.clone())).collect(),
        decisions: words.map_err(|_| invalid("a word means allowed, denied, asked or unknown"))?,
    })
}

/// Keeps a mapping as a file. Never over a file that is no mapping, and over a mapping only when that is said.
///
/// # Errors
/// `RTK-I024` for a mapping that cannot be used, `RTK-I029` when a file is there, `RTK-A002` when it cannot be written.
pub fn save_now(request: &MappingSaveRequest) -> Result<MappingSaved, ApiError> {
    let mapping = mapping_of(&request.draft)?;
    let path = std::path::absolute(request.path.trim())
        .map_err(|why| ApiError::new(Code::OutputUnwritable, format!("{why}: {}", request.path)))?;
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    if !matches!(ending.as_deref(), Some("yaml" | "yml")) {
        return Err(ApiError::new(Code::OutputUnwritable, format!("{} is no name of a mapping file", path.display()))
            .with_hint("Choose a name that ends in .yaml."));
    }
    if path.exists() {
        let is_mapping = std::fs::read_to_string(&path).is_ok_and(|text| Mapping::parse(&text).is_ok());
        if !is_mapping || !request.replace {
            let what = if is_mapping { "a mapping" } else { "something else" };
            return Err(ApiError::new(Code::MappingExists, format!("{what} stands in {}", path.display())));
        }
    }
    let text = mapping.to_yaml().map_err(ApiError::internal)?;
    write_whole(&path, |out| {
        out.write_all(text.as_bytes())
            .map_err(|why| ApiError::new(Code::OutputUnwritable, format!("{why}: {}", path.display())))
    })?;
    Ok(MappingSaved { path: path.display().to_string(), text })
}

/// Reads a mapping file.
///
/// # Errors
/// `RTK-I001` when it cannot be read, `RTK-I024` when it cannot be used.
pub fn read_mapping(path: &str) -> Result<Mapping, ApiError> {
    let text =
        std::fs::read_to_string(path).map_err(|why| ApiError::new(Code::InputUnreadable, format!("{why}: {path}")))?;
    Mapping::parse(&text).map_err(invalid)
}

/// The mapping that a sample proposes.
///
/// # Errors
/// `RTK-I024` when no column could be told.
pub fn proposal(sample: &MappingSample) -> Result<Mapping, ApiError> {
    mapping_of(&sample.draft)
}

/// A proposal as the draft of the file that is to keep it.
pub fn save_request(path: &str, sample: &MappingSample, replace: bool) -> MappingSaveRequest {
    MappingSaveRequest { path: path.to_owned(), draft: sample.draft.clone(), replace }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_kept_beside_its_log() {
        for (log, kept) in [
            ("logs/chat.csv", "logs/chat.map.yaml"),
            ("logs/chat.jsonl.gz", "logs/chat.map.yaml"),
            ("x.zip!inner/chat.csv", "chat.map.yaml"),
            ("/a/x.tar!chat.csv", "/a/chat.map.yaml"),
            ("chat", "chat.map.yaml"),
        ] {
            assert_eq!(beside(log), PathBuf::from(kept), "{log}");
        }
    }

    #[test]
    fn a_draft_is_the_mapping_and_no_other_file_is_written_over() {
        let draft = MappingDraft {
            kind: "traces".into(),
            fields: [("time".to_owned(), "at".to_owned()), ("input".into(), "q".into())].into(),
            values: [("environment".to_owned(), "production".to_owned())].into(),
            ..empty_draft()
        };
        let mapping = mapping_of(&draft).expect("a mapping");
        assert_eq!(draft_of(&mapping), draft);
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name).display().to_string();
        let save =
            |name: &str, replace| save_now(&MappingSaveRequest { path: at(name), draft: draft.clone(), replace });
        let code = |saved: Result<MappingSaved, ApiError>| saved.map(|_| ()).map_err(|error| error.code);
        assert_eq!(code(save("a.map.yaml", false)), Ok(()));
        assert_eq!(code(save("a.map.yaml", false)), Err(Code::MappingExists));
        assert_eq!(code(save("a.map.yaml", true)), Ok(()));
        std::fs::write(at("b.yaml"), "steps: [build]\n").expect("written");
        assert_eq!(code(save("b.yaml", true)), Err(Code::MappingExists));
        assert_eq!(code(save("c.txt", true)), Err(Code::OutputUnwritable));
        assert_eq!(read_mapping(&at("a.map.yaml")).expect("read"), mapping);
    }
}
