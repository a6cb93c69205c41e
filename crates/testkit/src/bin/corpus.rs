//! Writes a corpus to a file or to standard output, and what it holds to standard error.

use anyhow::{Context as _, Result};
use retake_testkit::args::Args;
use retake_testkit::corpus::{Corpus, write};
use std::fs::File;
use std::io::{BufWriter, Write};

const HELP: &str = "\
usage: corpus NAME --size N [--seed N] [--out FILE]

  support        N spans of a support assistant (3.4 KB each, 27 % distinct text), as the Collector's JSON lines
  trace          one trace of N spans
  one-resource   one document of N bytes with one resource
  late-resource  the same, the resource after its spans
  long-string    one span with a string of N bytes
  lines          N lines of one small span";

fn main() -> Result<()> {
    let mut args = Args::of_process();
    if args.flag("--help") {
        println!("{HELP}");
        return Ok(());
    }
    let size = args.option("--size")?.context("--size is missing")?;
    let seed = args.option("--seed")?.unwrap_or(1);
    let out: Option<String> = args.option("--out")?;
    let name = args.word().context(HELP)?;
    args.finish()?;
    let corpus = Corpus::parse(&name, size).with_context(|| format!("no corpus is named {name:?}\n{HELP}"))?;
    let stats = match out {
        Some(path) => {
            let file = File::create(&path).with_context(|| path.clone())?;
            write(corpus, seed, &mut BufWriter::with_capacity(1 << 20, file))?
        }
        None => {
            let mut stdout = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
            let stats = write(corpus, seed, &mut stdout)?;
            stdout.flush()?;
            stats
        }
    };
    eprintln!("{}", serde_json::to_string(&stats)?);
    Ok(())
}
