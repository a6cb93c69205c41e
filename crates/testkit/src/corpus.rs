//! Seeded corpora in OTLP JSON, for benchmarks and for tests of size and memory. The same name, size and seed give the
//! same bytes on every machine. Everything is streamed: a million spans are 3.4 GB.
//!
//! `support` is a support assistant in production: conversations whose calls carry their history, retrieval with
//! documents that return, tool calls, several tenants, features, models and prompt versions, a share in scripts without
//! spaces. About 3.4 KB a span, of which 27 % is text that was not there before.

mod conversation;
mod json;
mod shapes;
mod words;

use conversation::Conversation;
use std::collections::HashSet;
use std::io::{self, Write};
use words::{Rng, Words};

/// A word that stands in 57 of 100 questions.
pub const COMMON: &str = "ledger";
/// A word that stands in one question of 4,000.
pub const RARE: &str = "quorvex";
/// A phrase that stands in one question of 500; its words stand alone elsewhere.
pub const PHRASE: &str = "amber harbour lantern";
/// A word of two characters without spaces around it, in one of three Chinese questions.
pub const CJK: &str = "退款";

/// A corpus by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corpus {
    /// The support assistant: so many spans, as the Collector's JSON lines.
    Support {
        /// Spans; the last conversation is cut there.
        spans: u64,
    },
    /// One trace of so many spans.
    Trace {
        /// Spans.
        spans: u64,
    },
    /// One document with one `resourceSpans` of at least so many bytes.
    OneResource {
        /// Bytes.
        bytes: u64,
    },
    /// The same, and `resource` stands after `scopeSpans`, which is legal JSON.
    LateResource {
        /// Bytes.
        bytes: u64,
    },
    /// One span with one string of so many bytes.
    LongString {
        /// Bytes.
        bytes: u64,
    },
    /// So many lines of one small span each.
    Lines {
        /// Lines.
        lines: u64,
    },
}

impl Corpus {
    /// By the name that the binary takes; `size` is spans, bytes or lines.
    pub fn parse(name: &str, size: u64) -> Option<Self> {
        Some(match name {
            "support" => Self::Support { spans: size },
            "trace" => Self::Trace { spans: size },
            "one-resource" => Self::OneResource { bytes: size },
            "late-resource" => Self::LateResource { bytes: size },
            "long-string" => Self::LongString { bytes: size },
            "lines" => Self::Lines { lines: size },
            _ => return None,
        })
    }
}

/// Word of the corpora by how often it is met, from 0 for the most frequent; there are some 20,000.
pub fn word(rank: usize) -> String {
    Words::new().at(rank).to_owned()
}

/// About so many bytes of sentences.
pub fn prose(seed: u64, bytes: u64) -> String {
    Words::new().prose(&mut Rng::new(seed), bytes)
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Stats {
    /// Spans.
    pub spans: u64,
    /// Traces.
    pub traces: u64,
    /// Messages of model calls, input and output.
    pub messages: u64,
    /// Retrieved documents.
    pub documents: u64,
    /// Bytes of the output.
    pub bytes: u64,
    /// Distinct texts: message parts, documents, arguments and results of tools, questions.
    pub distinct_texts: u64,
    /// Their bytes.
    pub distinct_text_bytes: u64,
    /// Traces whose question has [`COMMON`].
    pub common: u64,
    /// Traces whose question has [`RARE`].
    pub rare: u64,
    /// Traces whose question has [`PHRASE`].
    pub phrase: u64,
}

/// Writes a corpus.
pub fn write(corpus: Corpus, seed: u64, out: &mut impl Write) -> io::Result<Stats> {
    write_with(corpus, seed, out, &mut |_| {})
}

/// Writes a corpus and hands over each distinct text.
pub fn write_with(corpus: Corpus, seed: u64, out: &mut impl Write, on_text: &mut dyn FnMut(&str)) -> io::Result<Stats> {
    let mut writer = Writer::new(seed, out, on_text);
    match corpus {
        Corpus::Support { spans } => support(&mut writer, spans)?,
        Corpus::Trace { spans } => shapes::trace(&mut writer, spans)?,
        Corpus::OneResource { bytes } => shapes::one_resource(&mut writer, bytes, false)?,
        Corpus::LateResource { bytes } => shapes::one_resource(&mut writer, bytes, true)?,
        Corpus::LongString { bytes } => shapes::long_string(&mut writer, bytes)?,
        Corpus::Lines { lines } => shapes::lines(&mut writer, lines)?,
    }
    writer.out.flush()?;
    Ok(writer.stats)
}

/// The output with its counts, and what spans are made from.
struct Writer<'a, W: Write> {
    out: &'a mut W,
    stats: Stats,
    texts: HashSet<u64>,
    on_text: &'a mut dyn FnMut(&str),
    words: Words,
    rng: Rng,
}

impl<'a, W: Write> Writer<'a, W> {
    fn new(seed: u64, out: &'a mut W, on_text: &'a mut dyn FnMut(&str)) -> Self {
        let (stats, texts) = (Stats::default(), HashSet::new());
        Self { out, stats, texts, on_text, words: Words::new(), rng: Rng::new(seed) }
    }

    fn put(&mut self, text: &str) -> io::Result<()> {
        self.stats.bytes += text.len() as u64;
        self.out.write_all(text.as_bytes())
    }

    /// Counts a text that a store would keep.
    fn saw(&mut self, text: &str) {
        if self.texts.insert(words::hash(text)) {
            self.stats.distinct_texts += 1;
            self.stats.distinct_text_bytes += text.len() as u64;
            (self.on_text)(text);
        }
    }
}

/// Spans of a line of the Collector's file, as its batches are.
const SPANS_A_LINE: usize = 64;

fn support<W: Write>(writer: &mut Writer<W>, spans: u64) -> io::Result<()> {
    let mut batch: Vec<String> = Vec::new();
    // Conversations overlap: spans of several stand beside each other, as in a real export.
    let mut open: Vec<Conversation> = Vec::new();
    let mut next = 0;
    while writer.stats.spans < spans {
        while open.len() < 16 {
            open.push(Conversation::begin(writer, next));
            next += 1;
        }
        let at = writer.rng.below(open.len() as u64) as usize;
        let messages = writer.stats.messages;
        let turn = open[at].turn(writer);
        if spans - writer.stats.spans + 1 < turn.len() as u64 {
            // The end of the corpus cuts the turn before its call, which is the last but one.
            writer.stats.messages = messages;
        }
        if open[at].is_over() {
            open.swap_remove(at);
        }
        for span in turn {
            if writer.stats.spans == spans {
                break;
            }
            writer.stats.spans += 1;
            batch.push(span);
            if batch.len() == SPANS_A_LINE {
                line(writer, &mut batch)?;
            }
        }
    }
    line(writer, &mut batch)
}

fn line<W: Write>(writer: &mut Writer<W>, batch: &mut Vec<String>) -> io::Result<()> {
    if batch.is_empty() {
        return Ok(());
    }
    let spans = batch.join(",");
    batch.clear();
    writer.put(&format!(r#"{{"resourceSpans":[{{"resource":{RESOURCE},"scopeSpans":[{{"scope":{SCOPE},"spans":["#))?;
    writer.put(&spans)?;
    writer.put("]}]}]}\n")
}

const RESOURCE: &str = r#"{"attributes":[{"key":"service.name","value":{"stringValue":"brightwell-assistant"}},{"key":"service.version","value":{"stringValue":"3.8.0"}},{"key":"deployment.environment.name","value":{"stringValue":"production"}},{"key":"telemetry.sdk.language","value":{"stringValue":"rust"}}]}"#;
const SCOPE: &str = r#"{"name":"retake.corpus","version":"1"}"#;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn lines(corpus: Corpus) -> (Stats, Vec<Value>) {
        let mut out = Vec::new();
        let stats = write(corpus, 1, &mut out).unwrap();
        assert_eq!(stats.bytes, out.len() as u64);
        (
            stats,
            out.split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
                .map(|line| serde_json::from_slice(line).unwrap())
                .collect(),
        )
    }

    fn spans(documents: &[Value]) -> Vec<&Value> {
        documents
            .iter()
            .flat_map(|document| document["resourceSpans"].as_array().unwrap())
            .flat_map(|resource| resource["scopeSpans"].as_array().unwrap())
            .flat_map(|scope| scope["spans"].as_array().unwrap())
            .collect()
    }

    #[test]
    fn the_support_corpus_has_the_size_and_the_share_that_it_is_named_for() {
        let (stats, documents) = lines(Corpus::Support { spans: 4000 });
        let spans = spans(&documents);
        assert_eq!(spans.len(), 4000);
        let a_span = stats.bytes / stats.spans;
        let share = stats.distinct_text_bytes as f64 / stats.bytes as f64;
        assert!((3100..=3700).contains(&a_span), "{a_span} bytes a span");
        assert!((0.24..=0.30).contains(&share), "{share} distinct");
        let traces: HashSet<&str> = spans.iter().map(|span| span["traceId"].as_str().unwrap()).collect();
        let ids: HashSet<&str> = spans.iter().map(|span| span["spanId"].as_str().unwrap()).collect();
        assert_eq!((traces.len() as u64, ids.len()), (stats.traces, 4000));
        let common = stats.common as f64 / stats.traces as f64;
        assert!((0.53..=0.61).contains(&common), "{common}");
    }

    #[test]
    fn what_is_cut_off_is_not_counted() {
        for size in 200..210 {
            let (stats, documents) = lines(Corpus::Support { spans: size });
            let mut messages = 0;
            for attribute in spans(&documents).iter().flat_map(|span| span["attributes"].as_array().unwrap()) {
                let text = attribute["value"]["stringValue"].as_str().unwrap_or_default();
                let list = || serde_json::from_str::<Vec<Value>>(text).unwrap().len() as u64;
                messages += match attribute["key"].as_str().unwrap() {
                    "gen_ai.input.messages" | "gen_ai.output.messages" => list(),
                    "gen_ai.system_instructions" => 1,
                    _ => 0,
                };
            }
            assert_eq!(messages, stats.messages, "of {size} spans");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
        let bytes = |seed| {
            let mut out = Vec::new();
            write(Corpus::Support { spans: 200 }, seed, &mut out).unwrap();
            out
        };
        assert!(bytes(7) == bytes(7) && bytes(7) != bytes(8));
    }

    #[test]
    fn shapes_are_what_they_say() {
        let (stats, documents) = lines(Corpus::OneResource { bytes: 100_000 });
        assert!(documents.len() == 1 && stats.bytes >= 100_000 && spans(&documents).len() as u64 == stats.spans);
        let (_, documents) = lines(Corpus::LateResource { bytes: 100_000 });
        let text = documents[0]["resourceSpans"][0].to_string();
        assert!(text.find("scopeSpans").unwrap() < text.find("brightwell").unwrap());
        let (_, documents) = lines(Corpus::LongString { bytes: 100_000 });
        assert!(documents[0].to_string().len() > 100_000 && spans(&documents).len() == 1);
        let (stats, documents) = lines(Corpus::Lines { lines: 50 });
        assert!(documents.len() == 50 && stats.traces == 50);
        let (stats, documents) = lines(Corpus::Trace { spans: 300 });
        assert!(spans(&documents).len() == 300 && stats.traces == 1);
    }
}
