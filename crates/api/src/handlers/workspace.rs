//! The workspace itself: what it holds, settings, doctor, export, the host's dialog, the sample.

use super::{import, parse_query};
use crate::dto::import::ImportRequest;
use crate::dto::job::JobStarted;
use crate::dto::workspace::{
    Changes, Copied, CopyRequest, Doctor, DoctorCheck, ExportRequest, Exported, PickRequest, Picked, Setting,
    SettingRequest, SettingSetRequest, WorkspaceInfo,
};
use crate::dto::{Empty, connect::PolicySetRequest};
use crate::output::write_whole;
use crate::{ApiError, Core};
use retake_ingest::ExportFormat;
use retake_model::Code;
use retake_replay::secrets;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The one check of [`doctor`] that is not about the workspace: whatever it finds, the workspace is whole.
pub const KEYRING_CHECK: &str = "keyring";

/// What the open workspace holds.
///
/// # Errors
/// Those of the database.
pub async fn workspace_info(core: Arc<Core>, _: Empty) -> Result<WorkspaceInfo, ApiError> {
    core.blocking(|core| {
        let workspace = core.workspace()?;
        let path = workspace.path().to_owned();
        let size = workspace.size()?;
        Ok(WorkspaceInfo {
            name: path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
            path: path.display().to_string(),
            bytes: size.bytes,
            traces: size.traces,
            spans: size.spans,
            audit_events: size.audit_events,
            empty: size.traces == 0 && size.audit_events == 0,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            log_path: core.host().log_path().map(|path| path.display().to_string()),
            sample_available: core.host().sample_folder().is_some(),
        })
    })
    .await
}

/// Grows with every change.
///
/// # Errors
/// Those of the database.
pub async fn workspace_changes(core: Arc<Core>, _: Empty) -> Result<Changes, ApiError> {
    core.blocking(|core| Ok(Changes { data_version: core.workspace()?.data_version()? })).await
}

/// A setting of the window.
///
/// # Errors
/// Those of the database.
pub async fn setting_get(core: Arc<Core>, request: SettingRequest) -> Result<Setting, ApiError> {
    core.blocking(move |core| {
        let text = core.workspace()?.setting(&window_key(&request.key))?;
        let value = text.and_then(|text| serde_json::from_str(&text).ok());
        Ok(Setting { key: request.key, value })
    })
    .await
}

/// Writes a setting; `null` removes it.
///
/// # Errors
/// Those of the database.
pub async fn setting_set(core: Arc<Core>, request: SettingSetRequest) -> Result<Setting, ApiError> {
    core.blocking(move |core| {
        let text = request.value.as_ref().filter(|value| !value.is_null()).map(ToString::to_string);
        core.workspace()?.set_setting(&window_key(&request.key), text.as_deref())?;
        Ok(Setting { key: request.key, value: request.value })
    })
    .await
}

/// The window's settings cannot reach those of the core.
fn window_key(key: &str) -> String {
    format!("window.{key}")
}

/// Checks the workspace and what it depends on.
///
/// # Errors
/// Those of the database.
pub async fn doctor(core: Arc<Core>, _: Empty) -> Result<Doctor, ApiError> {
    core.blocking(|core| {
        let mut checks: Vec<DoctorCheck> = core
            .workspace()?
            .doctor()?
            .into_iter()
            .map(|check| DoctorCheck { id: check.id, ok: check.ok, message: check.message, hint: check.hint })
            .collect();
        checks.push(keyring_check(core)?);
        let log = core.host().log_path();
        checks.push(DoctorCheck {
            id: "log".to_owned(),
            ok: log.as_ref().is_some_and(|path| path.exists()),
            message: log.map_or_else(|| "there is no folder for the log".to_owned(), |path| path.display().to_string()),
            hint: Some("Check that the state folder can be written.".to_owned()),
        });
        Ok(Doctor { checks })
    })
    .await
}

/// Whether keys can be stored. Without a keyring they come from the environment, by variables that are named here.
fn keyring_check(core: &Core) -> Result<DoctorCheck, ApiError> {
    let Err(error) = secrets::status() else {
        return Ok(DoctorCheck {
            id: KEYRING_CHECK.to_owned(),
            ok: true,
            message: "a system keyring answers".to_owned(),
            hint: None,
        });
    };
    let connections = core.workspace()?.connections()?;
    let own: Vec<String> = connections.iter().map(|row| secrets::variable_of(&row.name)).collect();
    let variables = if own.is_empty() { "RETAKE_KEY_<CONNECTION>".to_owned() } else { own.join(", ") };
    Ok(DoctorCheck {
        id: KEYRING_CHECK.to_owned(),
        ok: false,
        message: error.to_string(),
        hint: Some(format!(
            "Keys cannot be stored; give them in the environment instead ({variables}), or start a keyring."
        )),
    })
}

/// Writes a copy of the workspace to a file, whole or not at all. A file that is named must not be there yet; one that is
/// chosen in the host's dialog may be, since the dialog asked.
///
/// # Errors
/// `RTK-A002` when there is a file, or it cannot be written; those of the database.
pub async fn workspace_copy(core: Arc<Core>, request: CopyRequest) -> Result<Copied, ApiError> {
    core.blocking(move |core| {
        let workspace = core.workspace()?;
        let refused = |why: &str, path: &Path| {
            ApiError::new(Code::OutputUnwritable, format!("{why}: {}", path.display()))
                .with_hint("Name a file that is not there yet.")
        };
        let named = request.path.map(PathBuf::from);
        let path = match &named {
            Some(path) if path.exists() => return Err(refused("there is a file already", path)),
            Some(path) => path.clone(),
            None => {
                let stem = workspace.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let Some(path) = core.host().pick(&format!("save:{stem}-copy.retake")).into_iter().next() else {
                    return Ok(Copied { path: None, bytes: None });
                };
                path
            }
        };
        if path.canonicalize().ok().is_some_and(|place| workspace.path().canonicalize().ok() == Some(place)) {
            return Err(refused("this is the workspace itself", &path));
        }
        if path.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
            return Err(refused("there is no such folder", &path));
        }
        let mut part = path.file_name().unwrap_or_default().to_owned();
        part.push(format!(".{}.part", std::process::id()));
        let part = path.with_file_name(part);
        let written = workspace.copy_to(&part).map_err(ApiError::from).and_then(|()| {
            std::fs::rename(&part, &path)
                .map_err(|why| ApiError::new(Code::OutputUnwritable, format!("{why}: {}", path.display())))
        });
        if let Err(error) = written {
            // What is left of it is of no use to anybody.
            let _removed = std::fs::remove_file(&part);
            return Err(error);
        }
        let bytes = std::fs::metadata(&path).ok().map(|file| file.len());
        let absolute = std::path::absolute(&path).unwrap_or(path);
        Ok(Copied { path: Some(absolute.display().to_string()), bytes })
    })
    .await
}

/// Opens the host's dialog.
///
/// # Errors
/// None of its own.
pub async fn pick(core: Arc<Core>, request: PickRequest) -> Result<Picked, ApiError> {
    core.blocking(move |core| {
        let paths = core.host().pick(&request.what);
        core.choose(&paths);
        Ok(Picked { paths: paths.iter().map(|path| path.display().to_string()).collect() })
    })
    .await
}

/// Imports the sample into the open workspace.
///
/// # Errors
/// `RTK-I001` when the sample is not installed.
pub async fn sample_open(core: Arc<Core>, _: Empty) -> Result<JobStarted, ApiError> {
    let folder = core
        .host()
        .sample_folder()
        .ok_or_else(|| ApiError::new(Code::InputUnreadable, "the sample is not installed beside the program"))?;
    if let Ok(text) = std::fs::read_to_string(folder.join("policy.yaml")) {
        super::connect::policy_set(Arc::clone(&core), PolicySetRequest { text }).await?;
    }
    add_sample_prompts(&core, &folder).await?;
    let paths = ["traces.jsonl", "audit.jsonl", "recordings.jsonl"].map(|name| folder.join(name));
    let paths = paths.iter().filter(|path| path.exists()).map(|path| path.display().to_string()).collect();
    import::import_start(core, ImportRequest { paths, format: None, map: None, dry_run: false }).await
}

/// Prompts of the sample: `prompts/NAME@VERSION.txt`, in order of version, which they keep.
async fn add_sample_prompts(core: &Arc<Core>, folder: &Path) -> Result<(), ApiError> {
    let Ok(entries) = std::fs::read_dir(folder.join("prompts")) else { return Ok(()) };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    for file in files {
        let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let text = std::fs::read_to_string(&file)
            .map_err(|why| ApiError::new(Code::InputUnreadable, format!("{why}: {}", file.display())))?;
        super::prompt::prompt_new(Arc::clone(core), crate::dto::prompt::PromptNewRequest { name: stem, text }).await?;
    }
    Ok(())
}

/// Where the sample lies: the folder that is named, beside the program, or in the source tree that built it.
pub fn find_sample(named: Option<String>) -> Option<PathBuf> {
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.to_owned()));
    let candidates = [
        named.map(PathBuf::from),
        beside.as_ref().map(|folder| folder.join("sample")),
        beside.as_ref().map(|folder| folder.join("../share/retake/sample")),
        beside.as_ref().map(|folder| folder.join("../lib/retake/sample")),
        beside.as_ref().map(|folder| folder.join("../Resources/sample")),
        Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/sample")),
    ];
    let found = candidates.into_iter().flatten().find(|folder| folder.join("traces.jsonl").exists())?;
    Some(found.canonicalize().unwrap_or(found))
}

/// Writes an export to a file, whole or not at all.
///
/// # Errors
/// `RTK-A002` when it cannot be written.
pub async fn export(core: Arc<Core>, request: ExportRequest) -> Result<Exported, ApiError> {
    core.blocking(move |core| {
        let path = PathBuf::from(&request.path);
        let records = write_whole(&path, |out| export_to(core, &request.query, &request.format, out))?;
        let absolute = std::path::absolute(&path).unwrap_or(path.clone());
        Ok(Exported { records, path: Some(absolute.display().to_string()) })
    })
    .await
}

/// Writes an export.
///
/// # Errors
/// Those of the query and the database; `RTK-A002` when it cannot be written.
pub fn export_to(core: &Core, query: &str, format: &str, out: &mut dyn Write) -> Result<u64, ApiError> {
    let everything = query.trim().is_empty();
    let query = parse_query(core, query, None)?;
    let workspace = core.workspace()?;
    if format == "canonical" {
        return Ok(workspace.export_canonical(&query, out)?);
    }
    let format = ExportFormat::parse(format).ok_or_else(|| {
        ApiError::new(Code::UsageInvalid, format!("there is no export form {format:?}"))
            .with_hint("Use otlp-json, jsonl or canonical.")
    })?;
    let traces = workspace.traces_matching(&query)?;
    // Audit events belong to no query over traces: they go out with everything.
    let audit = if everything { workspace.audit_events_all()? } else { Vec::new() };
    Ok(retake_ingest::export(workspace, &traces, &audit, format, out, &retake_store::Cancel::default())?)
}
