//! The workspace itself, settings, doctor.

use super::document;

document! {
    /// The open workspace.
    pub struct WorkspaceInfo {
        /// Path.
        pub path: String,
        /// Name for the title.
        pub name: String,
        /// Size of the file.
        pub bytes: u64,
        /// Traces.
        pub traces: u64,
        /// Spans.
        pub spans: u64,
        /// Audit events.
        pub audit_events: u64,
        /// Whether nothing has been imported yet.
        pub empty: bool,
        /// Version of the program.
        pub version: String,
        /// Where the log lies.
        pub log_path: Option<String>,
        /// Whether a sample can be opened.
        pub sample_available: bool,
    }

    /// Changes of the data, by whatever process.
    pub struct Changes {
        /// Grows with every change.
        pub data_version: i64,
    }

    /// One check of the doctor.
    pub struct DoctorCheck {
        /// Check.
        pub id: String,
        /// Whether it passed.
        pub ok: bool,
        /// What was seen.
        pub message: String,
        /// What to do.
        pub hint: Option<String>,
    }

    /// Result of the doctor.
    pub struct Doctor {
        /// Checks.
        pub checks: Vec<DoctorCheck>,
    }

    /// A setting to read.
    pub struct SettingRequest {
        /// Name.
        pub key: String,
    }

    /// A setting to write; `null` removes.
    pub struct SettingSetRequest {
        /// Name.
        pub key: String,
        /// Value.
        #[ts(type = "unknown")]
        pub value: Option<serde_json::Value>,
    }

    /// A setting.
    pub struct Setting {
        /// Name.
        pub key: String,
        /// Value.
        #[ts(type = "unknown")]
        pub value: Option<serde_json::Value>,
    }

    /// Picked paths.
    pub struct Picked {
        /// Absolute paths; empty when the dialog was dismissed.
        pub paths: Vec<String>,
    }

    /// What to pick.
    pub struct PickRequest {
        /// `files`, `folder`, `workspace`; `save:NAME` for a place to write to.
        pub what: String,
    }

    /// A copy of the workspace to write.
    pub struct CopyRequest {
        /// File, where none may be yet. Without it the host asks for one.
        #[serde(default)]
        pub path: Option<String>,
    }

    /// A copy that was written.
    pub struct Copied {
        /// File; nothing when the dialog was dismissed.
        pub path: Option<String>,
        /// Its size.
        pub bytes: Option<u64>,
    }

    /// An export to write.
    pub struct ExportRequest {
        /// Query over traces.
        #[serde(default)]
        pub query: String,
        /// `otlp-json`, `jsonl`, `canonical`.
        pub format: String,
        /// File.
        pub path: String,
    }

    /// What was written.
    pub struct Exported {
        /// Records.
        pub records: u64,
        /// Path; `null` for standard output.
        pub path: Option<String>,
    }
}
