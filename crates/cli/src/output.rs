//! What is printed: documents, lines for people, errors.

use crate::args::Global;
use retake_api::ApiError;
use retake_api::schema::documents::{ErrorBody, ErrorDocument, document};
use serde::Serialize;
use std::io::{IsTerminal, Write};

/// How to print.
pub struct Output {
    json: bool,
    quiet: bool,
    terminal: bool,
}

impl Output {
    /// From the global options.
    pub fn new(global: &Global) -> Self {
        Self { json: global.json, quiet: global.quiet, terminal: std::io::stderr().is_terminal() }
    }

    /// Prints a document, or what `people` writes for people.
    pub fn document<T: Serialize>(&self, name: &str, body: &T, people: impl FnOnce(&mut String)) {
        if self.json {
            // A document may be large: it is written as it is made.
            let mut out = std::io::BufWriter::new(std::io::stdout().lock());
            let written = serde_json::to_writer_pretty(&mut out, &document(name, body)).map_err(std::io::Error::from);
            leave_unless_written(written.and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()));
            return;
        }
        let mut text = String::new();
        people(&mut text);
        print(&text);
    }

    /// Prints text as it is (prompts, snippets, reports).
    pub fn plain(&self, text: &str) {
        print(text);
        if !text.ends_with('\n') {
            print("\n");
        }
    }

    /// A line about the progress, on a terminal only; the same line is written over.
    pub fn progress(&self, line: &str) {
        if self.terminal && !self.quiet {
            eprint!("\r\x1b[2K{line}");
            let _flushed = std::io::stderr().flush();
        }
    }

    /// Ends the progress line.
    pub fn progress_done(&self) {
        if self.terminal && !self.quiet {
            eprint!("\r\x1b[2K");
        }
    }

    /// Prints an error.
    pub fn error(&self, error: &ApiError) {
        self.progress_done();
        if self.json {
            print_error(error);
            return;
        }
        eprintln!("error {}: {}", error.code, error.message);
        if let Some(span) = error.span {
            eprintln!("  at characters {} to {}", span.start, span.end);
        }
        if let Some(hint) = &error.hint {
            eprintln!("  hint: {hint}");
        }
    }

    /// Something that is not as it was asked for and does not stop the command: an error document, or a line for people.
    pub fn warning(&self, error: &ApiError) {
        self.progress_done();
        if self.json {
            print_error(error);
        } else if !self.quiet {
            eprintln!("{}: {}", error.code, error.message);
        }
    }

    /// A note for people, not part of the result.
    pub fn note(&self, text: &str) {
        if !self.json && !self.quiet {
            eprintln!("{text}");
        }
    }
}

/// The error document on standard error.
pub fn print_error(error: &ApiError) {
    let body = ErrorDocument {
        error: ErrorBody {
            code: error.code.as_str().to_owned(),
            message: error.message.clone(),
            hint: error.hint.clone(),
            span: error.span,
        },
    };
    match serde_json::to_string(&document("error", &body)) {
        Ok(line) => eprintln!("{line}"),
        Err(why) => eprintln!("{why}"),
    }
}

/// A closed pipe (`retake … | head`) ends the output quietly.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    leave_unless_written(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Who reads may have gone (`| head`): nothing is left to be done.
fn leave_unless_written(written: std::io::Result<()>) {
    if written.is_err() {
        std::process::exit(0);
    }
}
