//! `man`: the manual pages, made of the same descriptions as `--help`. A package keeps them as `man1/retake-….1`.

use crate::args::Cli;
use crate::output::Output;
use clap::CommandFactory;
use clap_mangen::Man;
use retake_api::ApiError;
use retake_model::{Code, Exit};
use std::path::Path;

/// `retake man`.
pub fn run(command: &[String], to: Option<&Path>, output: &Output) -> Result<Exit, ApiError> {
    if let Some(folder) = to {
        let pages = pages()?;
        let unwritable =
            |why: std::io::Error| ApiError::new(Code::OutputUnwritable, format!("{why}: {}", folder.display()));
        std::fs::create_dir_all(folder).map_err(unwritable)?;
        for (name, page) in &pages {
            std::fs::write(folder.join(format!("{name}.1")), page).map_err(unwritable)?;
        }
        return Ok(Exit::Done);
    }
    let wanted = std::iter::once("retake").chain(command.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
    match pages()?.into_iter().find(|(name, _)| *name == wanted) {
        Some((_, page)) => {
            output.plain(&String::from_utf8_lossy(&page));
            Ok(Exit::Done)
        }
        None => Err(ApiError::new(Code::UsageInvalid, format!("there is no command {:?}", command.join(" ")))
            .with_hint("Run `retake --help` for the commands.")),
    }
}

/// Every page by its name, without the `.1`.
fn pages() -> Result<Vec<(String, Vec<u8>)>, ApiError> {
    let mut root = Cli::command();
    root.build();
    let mut pages = Vec::new();
    below("retake", root, &mut pages)?;
    Ok(pages)
}

fn below(name: &str, command: clap::Command, pages: &mut Vec<(String, Vec<u8>)>) -> Result<(), ApiError> {
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        below(&format!("{name}-{}", inner.get_name()), inner.clone(), pages)?;
    }
    let mut page = Vec::new();
    Man::new(command).title(name).manual("Retake").render(&mut page).map_err(ApiError::internal)?;
    pages.push((name.to_owned(), page));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_that_names_its_options() {
        let pages = pages().expect("pages");
        let page = |name: &str| {
            let found = pages.iter().find(|(own, _)| own == name).unwrap_or_else(|| panic!("no page {name}"));
            String::from_utf8(found.1.clone()).expect("text")
        };
        for (name, text) in pages.iter().map(|(name, _)| (name, page(name))) {
            assert!(text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"), "{name}");
        }
        assert!(page("retake").contains("import"));
        assert!(page("retake-import").contains("dry\\-run"));
        assert!(page("retake-mapping-preview").contains("limit"));
        for command in Cli::command().get_subcommands() {
            page(&format!("retake-{}", command.get_name()));
        }
    }
}
