//! `cargo xtask`: what a developer and CI run. Each command is a file, each can be run again at any time.
//! Nothing here is part of the product.

mod app;
mod bench;
mod bindings;
mod docs;
mod e2e;
mod package;
mod screenshots;
mod session;
mod setup;
mod steps;
mod test;
mod tidy;
mod tree;
mod wasm;

use std::process::ExitCode;

const HELP: &str = "\
usage: cargo xtask COMMAND

  app [--release]   install what is missing, build, open the window on the sample workspace
  test              install what tests need, run all of them
  setup             only install what is missing
  tidy              only the rules of the source tree
  docs              write the generated pages of docs/
  bindings          write the TypeScript types of the window
  e2e [FILTER]      only the tests that drive the window
  screenshots       pictures of every view over the sample; those of the README go to docs/screenshots
  wasm              compile the charts of the window to WebAssembly, where that can be done
  package           the window and the command as a package of this system, with its size
  bench [OPTIONS]   speed, size and memory against bounds of the same run; --help lists the options";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next();
    let rest: Vec<String> = args.collect();
    let done = match command.as_deref() {
        Some("app") => app::run(&rest),
        Some("test") => test::run(&rest),
        Some("setup") => setup::run(),
        Some("tidy") => tidy::run(),
        Some("docs") => docs::run(),
        Some("bindings") => bindings::run(),
        Some("e2e") => e2e::run(&rest),
        Some("screenshots") => screenshots::run(&rest),
        Some("wasm") => wasm::run(),
        Some("package") => package::run(&rest),
        Some("bench") => bench::run(&rest),
        Some("help" | "--help" | "-h") => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Some(other) => {
            eprintln!("unknown command {other:?}\n\n{HELP}");
            return ExitCode::from(2);
        }
        None => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
