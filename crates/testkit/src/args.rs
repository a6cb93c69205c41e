//! Options of the binaries of this crate: `--name value`, `--name=value`, and flags.

use anyhow::{Context as _, Result, bail};
use std::str::FromStr;

/// The arguments that are not taken yet.
pub struct Args(Vec<String>);

impl Args {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self::new(std::env::args().skip(1))
    }

    /// Those given.
    pub fn new(args: impl IntoIterator<Item = String>) -> Self {
        let mut split = Vec::new();
        for arg in args {
            match arg.strip_prefix("--").and_then(|option| option.split_once('=')) {
                Some((name, value)) => split.extend([format!("--{name}"), value.to_owned()]),
                None => split.push(arg),
            }
        }
        Self(split)
    }

    /// Takes a flag.
    pub fn flag(&mut self, name: &str) -> bool {
        let at = self.0.iter().position(|arg| arg == name);
        at.map(|at| self.0.remove(at)).is_some()
    }

    /// Takes an option once.
    pub fn option<T: FromStr>(&mut self, name: &str) -> Result<Option<T>>
    where
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        let Some(at) = self.0.iter().position(|arg| arg == name) else { return Ok(None) };
        self.0.remove(at);
        if at == self.0.len() {
            bail!("{name} needs a value")
        }
        let value = self.0.remove(at);
        Ok(Some(value.parse().with_context(|| format!("{name} {value:?}"))?))
    }

    /// Takes an option as often as it is given.
    pub fn options(&mut self, name: &str) -> Result<Vec<String>> {
        let mut values = Vec::new();
        while let Some(value) = self.option(name)? {
            values.push(value);
        }
        Ok(values)
    }

    /// Takes the next argument that is no option.
    pub fn word(&mut self) -> Option<String> {
        let at = self.0.iter().position(|arg| !arg.starts_with("--"))?;
        Some(self.0.remove(at))
    }

    /// Fails when something is left.
    pub fn finish(self) -> Result<()> {
        if let Some(arg) = self.0.first() {
            bail!("unknown argument {arg:?}")
        }
        Ok(())
    }
}
