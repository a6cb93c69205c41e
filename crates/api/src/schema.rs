//! The list of commands: name, request and response. The window calls them by name through [`dispatch`]; a missing
//! handler does not compile. The TypeScript bindings and the JSON Schemas of `retake schema` come from the same list.

use crate::dto::{
    Empty, IdRequest, check, compare, connect, import, investigate, job, mapping, metrics, promote, prompt, replay,
    search, workspace,
};
use crate::{ApiError, Core, handlers};
use std::sync::Arc;

macro_rules! commands {
    ($($(#[doc = $doc:literal])+ $module:ident :: $name:ident($request:ty) -> $response:ty,)*) => {
        /// Calls a handler by name with a JSON request.
        ///
        /// # Errors
        /// Those of the handler; an unknown name or a request of another shape is `RTK-A001`.
        pub async fn dispatch(
            core: Arc<Core>,
            name: &str,
            payload: serde_json::Value,
        ) -> Result<Box<serde_json::value::RawValue>, ApiError> {
            match name {
                $(stringify!($name) => {
                    let request: $request = read_request(name, payload)?;
                    let response: $response = handlers::$module::$name(core, request).await?;
                    // As text at once: a tree of a trace of 100,000 spans is millions of small values.
                    serde_json::value::to_raw_value(&response).map_err(ApiError::internal)
                })*
                _ => Err(ApiError::new(retake_model::Code::UsageInvalid, format!("there is no command {name:?}"))),
            }
        }

        /// Names of all commands.
        pub const NAMES: &[&str] = &[$(stringify!($name)),*];

        /// The TypeScript of all documents and of `RpcSchema`, as committed in `ui/src/bindings/rpc.ts`.
        pub fn typescript() -> String {
            let mut out = crate::schema::bindings::Collector::default();
            let mut rpc = String::new();
            $(
                out.add::<$request>();
                out.add::<$response>();
                for line in [$($doc),+] { rpc.push_str(&format!("  /** {} */\n", line.trim())); }
                rpc.push_str(&format!(
                    "  {}: {{ request: {}; response: {} }};\n",
                    stringify!($name), out.name::<$request>(), out.name::<$response>()
                ));
            )*
            out.finish(&rpc)
        }
    };
}

fn read_request<T: serde::de::DeserializeOwned>(name: &str, payload: serde_json::Value) -> Result<T, ApiError> {
    let payload = if payload.is_null() { serde_json::json!({}) } else { payload };
    serde_json::from_value(payload).map_err(|why| {
        ApiError::new(retake_model::Code::UsageInvalid, format!("{name} cannot read its request: {why}"))
    })
}

commands! {
    /// The open workspace.
    workspace::workspace_info(Empty) -> workspace::WorkspaceInfo,
    /// Grows when anything changed, by whatever process. Cheap; poll it.
    workspace::workspace_changes(Empty) -> workspace::Changes,
    /// A setting of the window.
    workspace::setting_get(workspace::SettingRequest) -> workspace::Setting,
    /// Writes a setting.
    workspace::setting_set(workspace::SettingSetRequest) -> workspace::Setting,
    /// Checks the workspace.
    workspace::doctor(Empty) -> workspace::Doctor,
    /// Writes a copy of the workspace, as of now.
    workspace::workspace_copy(workspace::CopyRequest) -> workspace::Copied,
    /// Opens the host's dialog.
    workspace::pick(workspace::PickRequest) -> workspace::Picked,
    /// Imports the sample into the open workspace, as a job.
    workspace::sample_open(Empty) -> job::JobStarted,
    /// Writes an export.
    workspace::export(workspace::ExportRequest) -> workspace::Exported,

    /// Imports files, as a job.
    import::import_start(import::ImportRequest) -> job::JobStarted,
    /// Imports a pasted text, as a job.
    import::import_text(import::ImportTextRequest) -> job::JobStarted,
    /// What is understood.
    import::formats(Empty) -> import::Formats,
    /// Batches, newest first.
    import::batches_list(Empty) -> import::Batches,
    /// Records of a batch that could not be read.
    import::batch_kept(import::KeptRequest) -> import::Kept,
    /// Removes exactly what a batch brought.
    import::batch_undo(IdRequest) -> import::Undone,

    /// The first records of a chosen file, and a mapping that is proposed for it.
    mapping::mapping_sample(mapping::MappingSampleRequest) -> mapping::MappingSample,
    /// What a mapping makes of the first records of a chosen file.
    mapping::mapping_preview(mapping::MappingPreviewRequest) -> mapping::MappingPreview,
    /// Keeps a mapping as a file.
    mapping::mapping_save(mapping::MappingSaveRequest) -> mapping::MappingSaved,

    /// Jobs, newest first.
    job::job_list(Empty) -> job::Jobs,
    /// Events of a job that the caller has not seen.
    job::job_events(job::JobEventsRequest) -> job::JobEvents,
    /// Asks a job to stop.
    job::job_cancel(IdRequest) -> Empty,

    /// One page, with facets and a cursor.
    search::search(search::SearchRequest) -> search::SearchPage,
    /// Opens a result that is read by rank.
    search::search_open(search::SearchRequest) -> search::OpenResult,
    /// Rows of an open result by rank.
    search::search_rows(search::RowsRequest) -> search::Rows,
    /// Facets of a query.
    search::search_facets(search::SearchRequest) -> search::Facets,
    /// A query's rows over time.
    search::search_histogram(search::HistogramRequest) -> search::Histogram,
    /// What fits at the cursor of a query.
    search::query_complete(search::CompleteRequest) -> search::Completions,

    /// A trace as a tree.
    investigate::trace_get(investigate::TraceRequest) -> investigate::Tree,
    /// Further spans of a large trace.
    investigate::trace_spans(investigate::SpansRequest) -> investigate::Spans,
    /// Words within a trace.
    investigate::trace_find(investigate::FindRequest) -> investigate::Found,
    /// A span with its attributes.
    investigate::span_get(investigate::SpanRequest) -> investigate::SpanDetail,
    /// Messages of a model call as the model saw them.
    investigate::span_messages(investigate::SpanRequest) -> investigate::Messages,
    /// Retrieved documents and where they stand.
    investigate::span_context(investigate::SpanRequest) -> investigate::Context,
    /// The rebuilt request with its fidelity.
    investigate::span_request(investigate::SpanRequest) -> investigate::RequestView,
    /// Audit events of the trace.
    investigate::span_audit(investigate::SpanRequest) -> investigate::Audit,
    /// Raw records.
    investigate::span_raw(investigate::SpanRequest) -> investigate::Raw,
    /// Takes of a model call.
    investigate::span_takes(investigate::SpanRequest) -> replay::Takes,
    /// The request as a program.
    investigate::span_snippet(investigate::SnippetRequest) -> investigate::Text,
    /// Findings of the traces of a query.
    investigate::findings_list(investigate::FindingsRequest) -> investigate::Findings,
    /// The incident report of a trace.
    investigate::report(IdRequest) -> investigate::Report,
    /// Writes the incident report to a file that the host asks for.
    investigate::report_save(IdRequest) -> investigate::SavedReport,
    /// Numbers of the model calls of a query.
    metrics::metrics(metrics::MetricsRequest) -> metrics::Metrics,
    /// Single calls over time.
    metrics::metrics_calls(metrics::CallsRequest) -> metrics::Calls,

    /// The request of a variant as curl, Python, TypeScript.
    replay::replay_snippet(replay::ReplaySnippetRequest) -> investigate::Text,
    /// What a run would send, to where, at what cost. Nothing is sent.
    replay::replay_estimate(replay::ReplayRequest) -> replay::Estimate,
    /// Starts a run.
    replay::replay_start(replay::ReplayRequest) -> replay::Started,
    /// Runs, newest first.
    replay::runs_list(Empty) -> replay::Runs,
    /// A run with its takes.
    replay::run_get(replay::RunRequest) -> replay::Run,
    /// Stops a run.
    replay::run_cancel(IdRequest) -> replay::Run,
    /// Goes on with a run.
    replay::run_resume(replay::ResumeRequest) -> replay::Started,
    /// Chunks of a take that the caller has not seen. Cheap; call it after a push or a gap.
    replay::take_chunks(replay::ChunksRequest) -> replay::Chunks,
    /// A take.
    replay::take_get(IdRequest) -> replay::Take,
    /// What was sent to where.
    replay::egress_ledger(Empty) -> replay::Ledger,
    /// Takes side by side.
    compare::compare(compare::CompareRequest) -> compare::Comparison,
    /// Keeps a vote on takes side by side.
    compare::vote_set(compare::VoteRequest) -> compare::Voted,
    /// Takes the vote in force back; the one before it is in force again.
    compare::vote_undo(compare::VoteUndoRequest) -> compare::Voted,
    /// A run as cases by variants, each against the recorded answer.
    compare::run_matrix(IdRequest) -> compare::Matrix,

    /// Prompts.
    prompt::prompts_list(Empty) -> prompt::Prompts,
    /// One prompt with its versions and label history.
    prompt::prompt_show(connect::NameRequest) -> prompt::PromptDetail,
    /// A new version; the same text makes none.
    prompt::prompt_new(prompt::PromptNewRequest) -> prompt::PromptNew,
    /// A version's text.
    prompt::prompt_get(prompt::PromptGetRequest) -> prompt::PromptText,
    /// Two versions.
    prompt::prompt_diff(prompt::PromptDiffRequest) -> prompt::PromptDiff,
    /// Moves a label, or rolls it back.
    prompt::prompt_label(prompt::PromptLabelRequest) -> prompt::PromptDetail,

    /// Makes a golden case, or shows what it would be.
    golden::promote(promote::PromoteRequest) -> promote::Promoted,
    /// Golden sets that this workspace knows.
    golden::golden_list(Empty) -> check::GoldenSets,
    /// Remembers a folder of golden cases.
    golden::golden_add(check::GoldenAddRequest) -> check::GoldenSets,
    /// Writes a case file back, if it can be read.
    golden::case_save(check::CaseSaveRequest) -> check::Check,
    /// What is wrong with a text that is to be a case.
    golden::case_parse(check::CaseTextRequest) -> check::CaseRead,
    /// The form of a file that people write (`case`, `policy`, `mapping` …), for an editor's completion.
    golden::file_form(connect::NameRequest) -> check::FileSchema,
    /// Checks golden sets.
    golden::check(check::CheckRequest) -> check::Check,

    /// Connections.
    connect::connections_list(Empty) -> connect::Connections,
    /// Adds a connection.
    connect::connection_add(connect::ConnectAddRequest) -> connect::Connections,
    /// Looks for model servers on their usual ports of this machine.
    connect::connections_local(Empty) -> connect::LocalServers,
    /// Removes a connection.
    connect::connection_remove(connect::NameRequest) -> connect::Connections,
    /// Asks a connection for its models.
    connect::connection_test(connect::ConnectTestRequest) -> connect::ConnectTest,
    /// Stores a key in the keyring.
    connect::secret_set(connect::SecretSetRequest) -> connect::Secrets,
    /// Which connections have a key.
    connect::secrets_list(Empty) -> connect::Secrets,
    /// Removes a key.
    connect::secret_remove(connect::NameRequest) -> connect::Secrets,
    /// Prices.
    connect::pricing_list(Empty) -> connect::Pricing,
    /// Imports prices from a file.
    connect::pricing_import(IdRequest) -> connect::PricingImported,
    /// Sets the policy.
    connect::policy_set(connect::PolicySetRequest) -> connect::PolicyView,
    /// Shows the policy.
    connect::policy_get(Empty) -> connect::PolicyView,
    /// Removes the policy.
    connect::policy_clear(Empty) -> connect::PolicyView,
}

pub mod bindings;
pub mod documents;
