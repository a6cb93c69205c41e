//! One file a command: arguments to a request, the handler's document to the output.

mod ask;
mod check;
mod compare;
mod connect;
mod demo;
mod doctor;
mod export;
mod import;
mod man;
mod mapping;
mod metrics;
mod promote;
mod prompt;
mod replay;
mod search;
mod show;

use crate::args::{Cli, Command};
use crate::host::Process;
use crate::output::Output;
use retake_api::{ApiError, Core};
use retake_model::{Code, Exit};
use retake_store::{OpenMode, Update, Workspace};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs the command.
pub async fn run(cli: &Cli, output: &Output) -> Result<Exit, ApiError> {
    let core = open(cli, output)?;
    let done = run_on(Arc::clone(&core), cli, output).await;
    if matches!(&cli.command, Command::Import(import) if !import.dry_run) && done.is_ok() {
        // What the import remembers is given back first: together they would be too much.
        drop(core);
        keep_what_came(&workspace_path(cli));
    } else if let Ok(workspace) = core.workspace()
        && let Err(why) = workspace.keep_columns()
    {
        tracing::warn!(%why, "what was read is not kept for the next command");
    }
    done
}

/// After a large import, reads and keeps what the next start and every search look at.
fn keep_what_came(path: &Path) {
    let kept = Workspace::open(path, OpenMode::Existing).and_then(|workspace| {
        if !workspace.columns_are_behind()? {
            return Ok(Ok(()));
        }
        workspace.warm()?;
        Ok(workspace.keep_columns())
    });
    match kept {
        Ok(Ok(())) => {}
        Ok(Err(why)) => tracing::warn!(%why, "what was read is not kept for the next command"),
        // The import itself is done.
        Err(why) => tracing::warn!(%why, "nothing is read ahead for the next command"),
    }
}

/// Runs the command on an open workspace.
async fn run_on(core: Arc<Core>, cli: &Cli, output: &Output) -> Result<Exit, ApiError> {
    match &cli.command {
        Command::Import(args) => import::run(core, args, output).await,
        Command::Batches { command } => import::batches(core, command, &cli.global, output).await,
        Command::Formats => import::formats(core, output).await,
        Command::Mapping { command } => mapping::run(core, command, output).await,
        Command::Search(args) => search::run(core, args, output).await,
        Command::Show(args) => show::run(core, args, output).await,
        Command::Context { id } => show::context(core, id, output).await,
        Command::Findings { query } => show::findings(core, query.as_deref(), output).await,
        Command::Replay(args) => replay::run(core, args, &cli.global, output).await,
        Command::Runs { command } => replay::runs(core, command, &cli.global, output).await,
        Command::Compare(args) => compare::run(core, args, output).await,
        Command::Prompt { command } => prompt::run(core, command, output).await,
        Command::Promote(args) => promote::run(core, args, output).await,
        Command::Check(args) => check::run(core, args, &cli.global, output).await,
        Command::Report { id, .. } => show::report(core, id, output).await,
        Command::Export(args) => export::run(core, args, output).await,
        Command::Metrics(args) => metrics::run(core, args, output).await,
        Command::Connect { command } => connect::connect(core, command, output).await,
        Command::Policy { command } => connect::policy(core, command, output).await,
        Command::Secret { command } => connect::secret(core, command, output).await,
        Command::Pricing { command } => connect::pricing(core, command, output).await,
        Command::Doctor => doctor::run(core, output).await,
        Command::Copy { file } => doctor::copy(core, file, output).await,
        Command::Schema { name } => doctor::schema(name.as_deref(), output),
        Command::Completions { shell } => doctor::completions(*shell, output),
        Command::Man { command, to } => man::run(command, to.as_deref(), output),
        Command::Demo { print_commands } => {
            let workspace = workspace_path(cli);
            demo::run(core, *print_commands, &workspace, cli.global.json, output).await
        }
    }
}

/// The workspace that was named, else the usual one; an empty name is none.
fn workspace_path(cli: &Cli) -> PathBuf {
    let named = cli.global.workspace.as_ref().filter(|path| !path.as_os_str().is_empty());
    named.cloned().unwrap_or_else(|| {
        let usual = retake_api::default_workspace();
        // The sample's policy and traces stay out of the user's own.
        if matches!(cli.command, Command::Demo { .. }) { usual.with_file_name("demo.retake") } else { usual }
    })
}

/// Opens the workspace that the command needs, in the way that it may.
fn open(cli: &Cli, output: &Output) -> Result<Arc<Core>, ApiError> {
    let host = Arc::new(Process);
    let path = workspace_path(cli);
    if !crate::needs_workspace(&cli.command) {
        return Ok(Core::without_workspace(host));
    }
    let create = crate::creates_workspace(&cli.command);
    if !create && !path.exists() && matches!(&cli.command, Command::Import(_)) {
        // A dry run into nothing counts against nothing.
        return Ok(Core::without_workspace(host));
    }
    if create && let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|why| {
            ApiError::new(
                Code::OutputUnwritable,
                format!("the folder of the workspace cannot be made: {why}: {}", folder.display()),
            )
        })?;
    }
    // One that is there is opened as such, so that it can be read where nothing can be written.
    let is_there = std::fs::metadata(&path).is_ok_and(|file| file.len() > 0);
    let mode = if create && !is_there { OpenMode::Create } else { OpenMode::Existing };
    if let Some(update) = Update::of(&path) {
        let (size, copy) = (update.bytes.div_ceil(1_000_000), update.copy.display());
        output.note(&format!("the workspace is of an earlier version and is copied first ({size} MB): {copy}"));
    }
    Ok(Core::new(Workspace::open(&path, mode)?, host))
}

/// A token that Ctrl+C cancels. The second Ctrl+C ends the process at once.
fn cancel_on_interrupt() -> tokio_util::sync::CancellationToken {
    let token = tokio_util::sync::CancellationToken::new();
    let child = token.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            child.cancel();
        }
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(i32::from(Exit::Interrupted as u8));
        }
    });
    token
}

/// Reads a file, or standard input for `-`.
fn read_text(path: &str) -> Result<String, ApiError> {
    let unreadable = |why: std::io::Error| ApiError::new(Code::InputUnreadable, format!("{why}: {path}"));
    if path == "-" {
        return std::io::read_to_string(std::io::stdin()).map_err(unreadable);
    }
    std::fs::read_to_string(path).map_err(unreadable)
}
