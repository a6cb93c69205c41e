//! `retake`: arguments to a handler, its document to standard output, its error to standard error.
//!
//! Contract: exit statuses and fields as in the user guide; documents on stdout, errors on stderr, progress on stderr
//! and only on a terminal.

mod args;
mod command;
mod host;
mod output;

use args::{Cli, Command};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser};
use output::Output;
use retake_api::ApiError;
use retake_model::{Code, Exit};
use std::process::ExitCode;

/// An import frees on the thread that writes what was allocated on the one that reads, which the system's allocator is
/// slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let output = Output::new(&cli.global);
    if let Some(path) = retake_api::log::default_path() {
        retake_api::log::start(&path, std::env::var("RETAKE_LOG").ok().as_deref());
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(why) => return finish(&output, Err(ApiError::internal(why))),
    };
    let result = runtime.block_on(command::run(&cli, &output));
    let code = finish(&output, result);
    // Threads that still read a pipe must not keep the process.
    runtime.shutdown_background();
    code
}

fn finish(output: &Output, result: Result<Exit, ApiError>) -> ExitCode {
    match result {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(error) => {
            output.error(&error);
            ExitCode::from(error.code.exit() as u8)
        }
    }
}

/// Wrong usage: clap's own text for people, the error document when `--json` stands anywhere on the line.
fn usage(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let _printed = error.print();
        return ExitCode::SUCCESS;
    }
    if std::env::args_os().any(|arg| arg == "--json") {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        output::print_error(
            &ApiError::new(Code::UsageInvalid, message)
                .with_hint(query_tip(error).unwrap_or_else(|| usage_hint(&text))),
        );
    } else {
        let _printed = error.print();
        if let Some(tip) = query_tip(error) {
            eprintln!("\n{tip}");
        }
    }
    ExitCode::from(Exit::Usage as u8)
}

/// For a query that stands alone where the command takes it as an option: others take it so.
fn query_tip(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg) else { return None };
    if error.kind() != ErrorKind::UnknownArgument || word.starts_with('-') {
        return None;
    }
    let program = Cli::command();
    // What is no text names no command.
    let command = std::env::args_os().skip(1).find_map(|arg| program.find_subcommand(arg).cloned())?;
    let takes_query = command.get_arguments().any(|arg| arg.get_long() == Some("query"));
    takes_query.then(|| format!("A query of `{}` is written --query '{word}'.", command.get_name()))
}

/// What clap says after its first line: its tips, the usage, where the help is.
fn usage_hint(text: &str) -> String {
    let rest: Vec<&str> = text.lines().skip(1).map(str::trim).filter(|line| !line.is_empty()).collect();
    rest.join(" ")
}

/// Whether a command makes the workspace when it is not there.
fn creates_workspace(command: &Command) -> bool {
    match command {
        Command::Import(import) => !import.dry_run,
        Command::Demo { .. }
        | Command::Connect { .. }
        | Command::Prompt { .. }
        | Command::Policy { .. }
        | Command::Secret { .. }
        | Command::Pricing { .. } => true,
        _ => false,
    }
}

/// Whether a command does without a workspace.
fn needs_workspace(command: &Command) -> bool {
    match command {
        Command::Formats
        | Command::Mapping { .. }
        | Command::Schema { .. }
        | Command::Completions { .. }
        | Command::Man { .. } => false,
        // Prices, connections and the destinations that were allowed are the workspace's.
        Command::Check(check) => check.live || check.takes.is_some(),
        Command::Demo { print_commands } => !print_commands,
        _ => true,
    }
}
